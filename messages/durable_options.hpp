#pragma once

#include <chrono>
#include <cstddef>

namespace streamspace {

/// How a durable subscription gets its events.
struct durable_options {
  /// Whether a new one gets what is in the log already; else only what comes from then on.
  bool from_beginning = false;
  /// Whether an event that fails holds back those after it until it is handled or given up. Otherwise they go on, and
  /// it is tried again on the side.
  bool in_order = false;
  /// How often the handler is called with one event before that becomes a dead letter; at least 1.
  unsigned attempts = 5;
  /// Before the second attempt; doubled before each further one.
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{300'000};
  /// So many events are read and handed over at once, 1 to 1,000.
  std::size_t batch = 256;
};

}  // namespace streamspace
