#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/actors/hashed_text.hpp>
#include <streamspace/actors/prefetch.hpp>

namespace streamspace {

/// Numbers the texts put into it from 0 on; the same text may stand in several scopes, each with a number of its own.
/// A lookup takes a string_view, allocates nothing and touches flat memory only. Const members are thread-safe.
class text_index {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// find() with the same follows soon.
  void expect(std::uint32_t scope, const hashed_text& of) const noexcept {
    if (numbered_ > 0) prefetch(&slots_[mix(scope, of.code) & (slots_.size() - 1)]);
  }

  /// The number of the text, or none.
  std::uint32_t find(std::uint32_t scope, const hashed_text& of) const noexcept {
    return numbered_ == 0 ? none : slots_[place_of(mix(scope, of.code), scope, of.text)].number;
  }

  /// The number of the text, which gets the next free one when it has none yet.
  std::uint32_t insert(std::uint32_t scope, std::string_view text) {
    if (2 * (numbered_ + std::size_t{1}) > slots_.size()) grow();
    const auto code = mix(scope, hashed_text{text}.code);
    auto& at = slots_[place_of(code, scope, text)];
    if (at.number == none) {
      at.code = code;
      at.scope = scope;
      at.number = numbered_++;
      at.length = static_cast<std::uint32_t>(text.size());
      if (text.size() <= at.front.size()) {
        std::copy(text.begin(), text.end(), at.front.begin());
      } else {
        at.offset = characters_.size();
        characters_ += text;
      }
    }
    return at.number;
  }

  std::uint32_t size() const noexcept { return numbered_; }

 private:
  /// In one cache line, with texts as most are.
  struct alignas(64) slot {
    std::size_t code = 0;
    std::size_t offset = 0;  ///< Of a longer text in characters_.
    std::uint32_t scope = 0;
    std::uint32_t number = none;
    std::uint32_t length = 0;
    std::array<char, 36> front{};
  };
  static_assert(sizeof(slot) == 64);

  std::string_view text_of(const slot& s) const noexcept {
    return s.length <= s.front.size() ? std::string_view{s.front.data(), s.length}
                                      : std::string_view{characters_}.substr(s.offset, s.length);
  }

  static std::size_t mix(std::uint32_t scope, std::size_t code) noexcept {
    const auto mixed = code ^ (scope * 0x9E3779B97F4A7C15ULL);
    return mixed ^ (mixed >> 32);
  }

  /// Where the text stands or would stand. The number of slots is a power of two, and half of them are free.
  std::size_t place_of(std::size_t code, std::uint32_t scope, std::string_view text) const noexcept {
    const auto mask = slots_.size() - 1;
    auto at = code & mask;
    while (slots_[at].number != none) {
      const auto& s = slots_[at];
      if (s.code == code && s.scope == scope && text_of(s) == text) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    std::vector<slot> larger(slots_.empty() ? 16 : 2 * slots_.size());
    const auto mask = larger.size() - 1;
    for (const auto& s : slots_) {
      if (s.number == none) continue;
      auto at = s.code & mask;
      while (larger[at].number != none) at = (at + 1) & mask;
      larger[at] = s;
    }
    slots_ = std::move(larger);
  }

  std::vector<slot> slots_;
  std::string characters_;
  std::uint32_t numbered_ = 0;
};

}  // namespace streamspace
