#pragma once

#include <cstddef>
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

}  // namespace streamspace
