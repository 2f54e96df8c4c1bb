#include <array>
#include <random>

#include <streamspace/messages/event_id.hpp>

namespace streamspace {

namespace {

std::uint64_t random_word() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32U) | entropy();
}

struct id_source {
  std::uint64_t thread = random_word();
  /// Random as well, so that two threads would have to draw the same 120 bits to collide.
  std::uint64_t number = random_word();
};

void put_hex(std::string& text, std::uint64_t value, unsigned digits) {
  for (unsigned i = digits; i-- > 0;) text += "0123456789abcdef"[(value >> (4 * i)) & 0xFU];
}

/// The value of a hexadecimal digit; 16 for any other character.
unsigned digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

}  // namespace

event_id event_id::next() noexcept {
  thread_local id_source source;
  return {source.thread, source.number++};
}

std::string event_id::to_string() const {
  std::string text;
  text.reserve(36);
  put_hex(text, thread_ >> 32U, 8);
  text += '-';
  put_hex(text, thread_ >> 16U, 4);
  text += "-8";
  put_hex(text, thread_, 3);
  text += '-';
  put_hex(text, 0x8U | ((number_ >> 60U) & 0x3U), 1);
  put_hex(text, number_ >> 48U, 3);
  text += '-';
  put_hex(text, number_, 12);
  return text;
}

std::optional<event_id> event_id::parse(std::string_view text) noexcept {
  constexpr std::string_view form = "xxxxxxxx-xxxx-8xxx-vxxx-xxxxxxxxxxxx";  // v: 8, 9, a or b
  if (text.size() != form.size()) return std::nullopt;
  std::array<std::uint64_t, 2> words{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const auto digit = digit_of(text[i]);
    if (form[i] == '-' ? text[i] != '-' : digit > 15) return std::nullopt;
    if ((form[i] == '8' && digit != 8) || (form[i] == 'v' && (digit & 0xCU) != 8)) return std::nullopt;
    if (form[i] == '-') continue;
    auto& word = words[digits++ / 16];
    word = (word << 4U) | digit;
  }
  // The version stands before the last three digits of the thread, the variant in the number's highest bits.
  const auto thread = (words[0] & ~std::uint64_t{0xFFFF}) | (words[0] & 0xFFFU);
  return event_id{thread, words[1] & ~(std::uint64_t{3} << 62U)};
}

}  // namespace streamspace
