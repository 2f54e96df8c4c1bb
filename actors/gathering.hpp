#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace streamspace {

/// How long a worker waits after a turn so that the next one is worth it. One that keeps up with whoever emits gets a
/// few items a turn, and takes the inbox from the emitter's processor all the time, which costs both of them more than
/// the items. When that lasts, it lets more of them come. Not thread-safe.
class gathering {
 public:
  /// After a turn of so many items, while so many others want one. Zero mostly.
  std::chrono::nanoseconds after_turn(std::uint64_t items, std::size_t waiting) noexcept {
    if (items >= small_turn) {
      small_turns_ = 0;
      return time_ /= 2;
    }
    if (++small_turns_ <= many) return {};
    // Once for each time round.
    small_turns_ -= static_cast<unsigned>(std::min<std::size_t>(waiting, many)) + 1;
    return time_ = std::clamp<std::chrono::nanoseconds>(2 * time_, shortest, longest);
  }

  /// Nothing came for a while.
  void forget() noexcept { *this = {}; }

 private:
  static constexpr std::uint64_t small_turn = 128;
  static constexpr unsigned many = 32;
  static constexpr std::chrono::nanoseconds shortest{1'000};
  static constexpr std::chrono::nanoseconds longest{32'000};

  unsigned small_turns_ = 0;  ///< In a row, about.
  std::chrono::nanoseconds time_{};
};

}  // namespace streamspace
