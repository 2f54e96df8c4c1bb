#pragma once

#include <string_view>

namespace streamspace {

/// As deep as JSON from outside may be nested. Copying, printing and comparing values take a stack frame a level.
inline constexpr unsigned deepest_json = 64;

/// Whether this text, read as JSON, has more arrays and objects within each other than `levels`. Looks at brackets
/// outside of strings only; whether it is JSON at all is the parser's to say.
bool nests_deeper_than(std::string_view text, unsigned levels) noexcept;

}  // namespace streamspace
