#include <algorithm>

#include <streamspace/plugins/schedule/in_quotes.hpp>

namespace streamspace {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 24;
  auto length = std::min(text.size(), most);
  // Not within a character of UTF-8.
  while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
  std::string result = "'";
  for (const char c : text.substr(0, length)) result += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  result += length < text.size() ? "...'" : "'";
  return result;
}

}  // namespace streamspace
