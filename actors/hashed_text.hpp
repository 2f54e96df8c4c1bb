#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace streamspace {

/// A text that is looked up in several places, with the hash that all of them go by.
struct hashed_text {
  hashed_text(std::string_view t) noexcept : text{t}, code{std::hash<std::string_view>{}(t)} {}
  hashed_text(const std::string& t) noexcept : hashed_text{std::string_view{t}} {}
  hashed_text(const char* t) noexcept : hashed_text{std::string_view{t}} {}

  std::string_view text;
  std::size_t code;
};

/// Whether two texts are the same. Most that are looked up have 8 to 32 characters, which takes no call.
inline bool is_same_text(std::string_view a, std::string_view b) noexcept {
  const auto size = a.size();
  if (size != b.size()) return false;
  constexpr std::size_t word = sizeof(std::uint64_t);
  if (size < word || size > 4 * word) return a == b;
  const auto differs_at = [&](std::size_t at) {
    std::uint64_t one = 0;
    std::uint64_t other = 0;
    std::memcpy(&one, a.data() + at, word);
    std::memcpy(&other, b.data() + at, word);
    return one ^ other;
  };
  // Words that overlap where the size is no multiple of theirs.
  auto difference = differs_at(0) | differs_at(size - word);
  if (size > 2 * word) difference |= differs_at(word) | differs_at(size - 2 * word);
  return difference == 0;
}

}  // namespace streamspace
