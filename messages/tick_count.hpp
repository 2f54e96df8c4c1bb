#pragma once

#include <chrono>
#include <cstdint>

namespace streamspace {

/// A count that goes up evenly with time and is read in a third of the time that a clock takes.
inline std::uint64_t tick_count() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Measured since the process began. A call takes as long as a clock does until is_tick_rate_settled().
double nanoseconds_per_tick() noexcept;

/// Whether nanoseconds_per_tick() is known to a millionth or so: once the process is a tenth of a second old and the
/// rate was asked for.
bool is_tick_rate_settled() noexcept;

}  // namespace streamspace
