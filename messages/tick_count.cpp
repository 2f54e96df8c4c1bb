#include <algorithm>
#include <atomic>
#include <limits>

#include <streamspace/messages/tick_count.hpp>

namespace streamspace {

namespace {

using clock = std::chrono::steady_clock;

/// A time and the count that belongs to it, read together so far as that can be: of several tries the quickest.
struct moment {
  moment() noexcept {
    auto gap = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < 5; ++i) {
      const auto before = tick_count();
      const auto at = clock::now();
      const auto took = tick_count() - before;
      if (took >= gap) continue;
      gap = took;
      time = at;
      ticks = before + took / 2;
    }
  }

  clock::time_point time;
  std::uint64_t ticks = 0;
};

/// Two moments this far apart give the rate for good.
constexpr std::chrono::milliseconds long_enough{100};

const moment process_began;
std::atomic<double> known_rate{0};

double measure_rate() noexcept {
  const moment now;
  const std::chrono::duration<double, std::nano> passed = now.time - process_began.time;
  const auto rate = passed.count() / static_cast<double>(std::max<std::uint64_t>(now.ticks - process_began.ticks, 1));
  if (passed >= long_enough) known_rate.store(rate, std::memory_order_relaxed);
  return rate;
}

}  // namespace

double nanoseconds_per_tick() noexcept {
  const auto rate = known_rate.load(std::memory_order_relaxed);
  return rate > 0 ? rate : measure_rate();
}

bool is_tick_rate_settled() noexcept {
  return known_rate.load(std::memory_order_relaxed) > 0;
}

}  // namespace streamspace
