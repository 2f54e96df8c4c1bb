#pragma once

#include <string>
#include <string_view>

namespace streamspace {

/// What somebody wrote, in quotes, for an error sentence of one line: control characters become '?', and what is longer
/// than 24 bytes is cut.
std::string in_quotes(std::string_view text);

}  // namespace streamspace
