#pragma once

#include <algorithm>
#include <chrono>

namespace streamspace {

/// Who waits for a plugin takes its turn itself when its items take less than this: 100 us, and with a deadline a
/// hundredth of that.
constexpr std::chrono::nanoseconds fast_for(std::chrono::nanoseconds patience) noexcept {
  return std::min(std::chrono::nanoseconds{100'000}, patience / 100);
}

}  // namespace streamspace
