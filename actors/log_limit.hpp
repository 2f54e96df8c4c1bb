#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace streamspace {

/// Lets one line of a kind through in a while and counts those that it holds back, so that what fails at every event
/// does not fill the log. For one thread; the clock comes in.
class log_limit {
 public:
  using clock = std::chrono::steady_clock;

  explicit log_limit(clock::duration gap) : gap_{gap} {}

  /// Nothing when the line is held back; else how many were since the last one that was let through.
  std::optional<std::uint64_t> admit(clock::time_point at) {
    if (last_ && at - *last_ < gap_) {
      ++held_back_;
      return std::nullopt;
    }
    last_ = at;
    return std::exchange(held_back_, 0);
  }

 private:
  clock::duration gap_;
  std::optional<clock::time_point> last_;
  std::uint64_t held_back_ = 0;
};

}  // namespace streamspace
