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

}  // namespace streamspace
