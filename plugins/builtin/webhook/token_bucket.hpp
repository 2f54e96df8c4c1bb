#pragma once

#include <algorithm>
#include <chrono>

namespace streamspace::builtin {

/// Lets so many things a second through, evenly, and after a rest up to `burst` of them at once. Kept as the instant at
/// which the bucket will be full again (the generic cell rate algorithm), so nothing is rounded away over time.
class token_bucket {
 public:
  using clock = std::chrono::steady_clock;

  /// Rate above 0, burst from 1 on. The bucket is full at first.
  token_bucket(double per_second, int burst)
      : interval_{std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{1 / per_second})},
        slack_{interval_ * (burst - 1)} {}

  /// From when on the next token may be taken.
  clock::time_point ready_at() const noexcept { return full_at_ - slack_; }

  /// Whether a token was there; it is taken then.
  bool try_take(clock::time_point now) noexcept {
    if (now < ready_at()) return false;
    full_at_ = std::max(full_at_, now) + interval_;
    return true;
  }

 private:
  clock::duration interval_;
  clock::duration slack_;
  clock::time_point full_at_{};
};

}  // namespace streamspace::builtin
