#pragma once

#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// A request target (RFC 9112, section 3.2), decoded.
struct request_target {
  /// "/" or segments each led by one slash, without a trailing one; "*" for the asterisk form. Since a decoded segment
  /// never holds a slash, splitting it at slashes gives the segments that the client meant.
  std::string path;
  name_values queries;    ///< In the client's order; a name may come more than once.
  std::string authority;  ///< Of the absolute form ("http://host:port/path"), else empty.
};

/// Reads the origin form, the absolute form and the asterisk form. Policy, the same for every route:
/// - each segment is percent-decoded by itself; a broken escape, an encoded slash, a backslash, a control byte, or
/// bytes that are not
///   UTF-8 are refused;
/// - `.` and `..` segments are refused however they are spelled, and so are empty segments ("//") but for one trailing
/// slash, which is
///   dropped: "/users/" is "/users";
/// - in the query, `+` is a space and pairs are parted by `&`; no NUL, no more than 256 pairs.
/// Errors: ec::invalid_argument with a sentence.
result<request_target> parse_target(std::string_view raw);

}  // namespace streamspace
