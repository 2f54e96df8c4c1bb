#include <cstdint>
#include <cstring>

#include <streamspace/messages/sql_text.hpp>

namespace streamspace {

namespace {

/// The length of the well-formed sequence at `at`, or 0. The ranges are those of table 3-7 of the Unicode standard.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto in = [](unsigned b, unsigned low, unsigned high) { return b >= low && b <= high; };
  const auto tail = [&](std::size_t i) { return in(byte(i), 0x80, 0xBF); };
  const auto b0 = byte(0);
  const auto b1 = byte(1);
  if (b0 < 0x80) return 1;
  if (in(b0, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (in(b0, 0xE0, 0xEF)) {
    const auto low = b0 == 0xE0 ? 0xA0u : 0x80u;
    const auto high = b0 == 0xED ? 0x9Fu : 0xBFu;
    return in(b1, low, high) && tail(2) ? 3 : 0;
  }
  if (in(b0, 0xF0, 0xF4)) {
    const auto low = b0 == 0xF0 ? 0x90u : 0x80u;
    const auto high = b0 == 0xF4 ? 0x8Fu : 0xBFu;
    return in(b1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// Whether eight bytes are all ASCII and none is NUL.
bool plain_ascii(const char* eight) noexcept {
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  constexpr std::uint64_t low_bits = 0x0101010101010101;
  return ((word | (word - low_bits)) & high_bits) == 0;
}

}  // namespace

std::optional<std::string> why_not_sql_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (at + 8 <= text.size() && plain_ascii(text.data() + at)) {
      at += 8;
      continue;
    }
    if (text[at] == '\0') return "has a NUL byte at offset " + std::to_string(at);
    const auto length = sequence_length(text, at);
    if (length == 0) return "is not UTF-8 at offset " + std::to_string(at);
    at += length;
  }
  return std::nullopt;
}

std::string quote_identifier(std::string_view name) {
  std::string out{'"'};
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

}  // namespace streamspace
