#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// What the server adds to an answer.
struct answer_frame {
  enum class connection : std::uint8_t { as_version_has_it, close, keep_alive };

  std::string_view date;  ///< As http_date() writes it.
  std::string_view request_id;
  connection then = connection::as_version_has_it;
};

/// Why an answer cannot go over the wire, as a sentence: a status outside of 200 to 599, or a header field that would
/// break out of its line. Empty when it can.
std::string why_not_sendable(const response& answer);

/// Appends the status line and the header fields of a sendable answer. Date, Content-Length, Connection, X-Request-Id
/// and X-Content-Type-Options are the server's to write: fields of these names, and of Transfer-Encoding, Keep-Alive,
/// Upgrade and Trailer, in the answer are left out.
void write_head(const response& answer, const answer_frame& frame, std::string& out);

/// Whether a status has a body at all (RFC 9110, section 6.4.1).
constexpr bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
std::string http_date(std::int64_t unix_seconds);

/// The request's own X-Request-Id where it is 1 to 128 characters of letters, digits, '.', '_' and '-', else a new one.
std::string request_id_of(const request& rq);

}  // namespace streamspace
