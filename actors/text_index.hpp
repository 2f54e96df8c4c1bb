#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/actors/hashed_text.hpp>
#include <streamspace/actors/prefetch.hpp>

namespace streamspace {

/// Numbers the texts put into it from 0 on; the same text may stand in several scopes, each with a number of its own.
/// A lookup takes a string_view, allocates nothing and touches flat memory only: a place of a small table, which stays
/// in the processor's cache, and the text there. Const members are thread-safe.
class text_index {
 public:
  static constexpr auto none = std::numeric_limits<std::uint32_t>::max();

  /// The number of the text, or none.
  std::uint32_t find(std::uint32_t scope, const hashed_text& of) const noexcept {
    if (entries_.empty()) return none;
    const auto code = mix(scope, of.code);
    return places_[place_of(code, [&](const entry& e) { return is(e, scope, of.text); })].number;
  }

  /// What find() will answer, unless two texts look alike to it, and have that text fetched: find() follows soon.
  std::uint32_t expect(std::uint32_t scope, const hashed_text& of) const noexcept {
    if (entries_.empty()) return none;
    const auto number = places_[place_of(mix(scope, of.code), [](const entry&) { return true; })].number;
    if (number != none) prefetch(&entries_[number]);
    return number;
  }

  /// The number of the text, which gets the next free one when it has none yet.
  std::uint32_t insert(std::uint32_t scope, std::string_view text) {
    if (2 * (entries_.size() + 1) > places_.size()) grow();
    const auto code = mix(scope, hashed_text{text}.code);
    auto& at = places_[place_of(code, [&](const entry& e) { return is(e, scope, text); })];
    if (at.number == none) {
      at = {look_of(code), size()};
      auto& added = entries_.emplace_back();
      added.code = code;
      added.scope = scope;
      added.length = static_cast<std::uint32_t>(text.size());
      if (text.size() <= added.front.size()) {
        std::copy(text.begin(), text.end(), added.front.begin());
      } else {
        added.offset = characters_.size();
        characters_ += text;
      }
    }
    return at.number;
  }

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }

 private:
  struct place {
    std::uint32_t look = 0;  ///< Of a text; few have the same.
    std::uint32_t number = none;
  };

  /// In one cache line, with texts as most are.
  struct alignas(64) entry {
    std::size_t code = 0;
    std::size_t offset = 0;  ///< Of a longer text in characters_.
    std::uint32_t scope = 0;
    std::uint32_t length = 0;
    std::array<char, 40> front{};
  };
  static_assert(sizeof(entry) == 64);

  bool is(const entry& e, std::uint32_t scope, std::string_view text) const noexcept {
    return e.scope == scope && is_same_text(text_of(e), text);
  }

  std::string_view text_of(const entry& e) const noexcept {
    return e.length <= e.front.size() ? std::string_view{e.front.data(), e.length}
                                      : std::string_view{characters_}.substr(e.offset, e.length);
  }

  static std::size_t mix(std::uint32_t scope, std::size_t code) noexcept {
    const auto mixed = code ^ (scope * 0x9E3779B97F4A7C15ULL);
    return mixed ^ (mixed >> 32);
  }
  /// Other bits than those that choose the place, of which there are fewer than 32.
  static std::uint32_t look_of(std::size_t code) noexcept { return static_cast<std::uint32_t>(code >> 32); }

  /// Where the text stands or would stand; `is_it` tells it from others that look the same. The number of places is a
  /// power of two, and half of them are free.
  template <class Predicate>
  std::size_t place_of(std::size_t code, Predicate is_it) const noexcept {
    const auto mask = places_.size() - 1;
    const auto look = look_of(code);
    auto at = code & mask;
    while (places_[at].number != none) {
      if (places_[at].look == look && is_it(entries_[places_[at].number])) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    places_.assign(places_.empty() ? 16 : 2 * places_.size(), {});
    for (std::uint32_t number = 0; number < size(); ++number) {
      const auto code = entries_[number].code;
      places_[place_of(code, [](const entry&) { return false; })] = {look_of(code), number};
    }
  }

  std::vector<place> places_;
  std::vector<entry> entries_;  ///< By number.
  std::string characters_;
};

}  // namespace streamspace
