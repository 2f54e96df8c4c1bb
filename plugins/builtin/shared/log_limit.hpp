#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace streamspace::builtin {

/// Keeps a line that may come often out of the log: one in so long a time, and it says how many there were.
class log_limit {
 public:
  using clock = std::chrono::steady_clock;

  explicit log_limit(clock::duration between) : between_{between} {}

  /// How many times this was called since the last line, this one included, when a line is due; nothing when it is not.
  std::optional<std::uint64_t> count(clock::time_point now) {
    ++unsaid_;
    if (last_ && now - *last_ < between_) return std::nullopt;
    last_ = now;
    return std::exchange(unsaid_, 0);
  }

 private:
  clock::duration between_;
  std::optional<clock::time_point> last_;
  std::uint64_t unsaid_ = 0;
};

}  // namespace streamspace::builtin
