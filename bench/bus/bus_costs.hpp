#pragma once

#include <cstddef>

namespace streamspace::bench {

/// What a plugin that sleeps costs the others: it is sent a million events, of which its inbox takes as many as it has
/// places.
struct overflow_run {
  double growth = 0;  ///< MiB of resident memory, over the last 900,000 events.
  double drops_expected = 0;
  double drops_counted = 0;  ///< By the plugin's counters.
  double emits_per_second = 0;
};

/// Throws error (internal) when the plugin does not handle, after all, exactly what its inbox took.
overflow_run overflow_inbox();

/// Calls of operator new, on all threads, while one thread emits as fast as it can, after a warm-up.
struct allocation_run {
  double per_delivery = 0;  ///< What each subscriber adds: 100 of them compared with one.
  double per_emit = 0;      ///< With one subscriber, its delivery included.
};

allocation_run count_allocations();

}  // namespace streamspace::bench
