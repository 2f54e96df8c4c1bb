#pragma once

#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>

namespace streamspace::testing {

/// What a test asks a plugin for: a path below the plugin's root, and the query.
struct relative_target {
  std::string path;  ///< Decoded; "/" or segments each led by one slash, without a trailing one.
  name_values queries;
};

/// Reads "/hello/ann%20b?lang=en" as the server reads the target of a request. Errors: invalid_argument for what the
/// server refuses: no leading slash, an empty or dot segment, an escape that is broken, an encoded slash.
result<relative_target> read_relative_target(std::string_view text);

}  // namespace streamspace::testing
