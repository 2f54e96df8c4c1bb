#pragma once

#include <cstddef>
#include <vector>

namespace streamspace::bench {

struct latency_run {
  /// From just before the emit to the start of the handler; of every event that 10 plugins got at 1,000 events a
  /// second for a second.
  std::vector<double> microseconds;
  std::size_t lost = 0;  ///< Deliveries that never came.
};

/// Beside the 10 plugins that are measured there are 8 others, of which so many sleep in their handlers all the while.
/// Sleepers are woken at the end, or after 30 s. Throws error (timeout) when they could not fall asleep within 10 s.
latency_run measure_latency(std::size_t asleep);

}  // namespace streamspace::bench
