#include <array>
#include <cstdio>
#include <string_view>

#include <streamspace/messages/log_text.hpp>

namespace streamspace {

namespace {

struct control {
  unsigned code = 0;  ///< 0: none.
  std::size_t bytes = 0;
};

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

/// The control character that begins here, of those that JSON does not escape.
control control_at(std::string_view text, std::size_t i) noexcept {
  const auto first = byte_at(text, i);
  if (first == 0x7FU) return {first, 1};
  const auto second = byte_at(text, i + 1);
  if (first == 0xC2U && second >= 0x80U && second <= 0x9FU) return {second, 2};
  if (first != 0xE2U || (second != 0x80U && second != 0x81U)) return {};
  const auto code = 0x2000U + ((second & 0x3FU) << 6U) + (byte_at(text, i + 2) & 0x3FU);
  const bool turns_or_breaks = (code >= 0x2028U && code <= 0x202EU) || (code >= 0x2066U && code <= 0x2069U);
  return turns_or_breaks ? control{code, 3} : control{};
}

}  // namespace

std::string log_text(const json& value) {
  auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  // Bytes from 0x7F on stand in strings only.
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x7FU) continue;
    const auto found = control_at(text, i);
    if (found.bytes == 0) continue;
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\u%04x", found.code);
    text.replace(i, found.bytes, escaped.data());
    i += 5;
  }
  return text;
}

}  // namespace streamspace
