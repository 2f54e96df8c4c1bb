#include <algorithm>
#include <atomic>

#include <streamspace/messages/tick_count.hpp>

namespace streamspace {

namespace {

struct moment {
  std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
  std::uint64_t ticks = tick_count();
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

}  // namespace streamspace
