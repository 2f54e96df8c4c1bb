#pragma once

#include <algorithm>
#include <chrono>

namespace streamspace {

/// Whether a thread that is called on the processor of its caller has soon done what it was called for, which is so
/// only if that is not much and the caller does not want the processor meanwhile. As callers are alike, it is told by
/// the calls before. Not thread-safe.
class near_calls {
 public:
  /// After many in a row that were; after more of them the more often that proved wrong lately.
  bool are_served_soon() const noexcept { return in_a_row_ >= wanted_; }

  /// A call was made so long before the thread had done.
  void served_after(std::chrono::nanoseconds time) noexcept {
    if (time <= soon) {
      if (++in_a_row_ % (8 * least_wanted) == 0) wanted_ = std::max(wanted_ / 2, least_wanted);
    } else {
      if (are_served_soon()) wanted_ = std::min(2 * wanted_, most_wanted);
      in_a_row_ = 0;
    }
  }

 private:
  /// A busy caller is made to give way at once or after some milliseconds.
  static constexpr std::chrono::microseconds soon{500};
  static constexpr unsigned least_wanted = 64;
  static constexpr unsigned most_wanted = 512;

  unsigned in_a_row_ = 0;
  unsigned wanted_ = least_wanted;
};

}  // namespace streamspace
