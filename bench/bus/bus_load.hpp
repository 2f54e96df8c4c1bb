#pragma once

#include <chrono>
#include <cstddef>

namespace streamspace::bench {

/// Deliveries a second of runtime::emit, one thread emitting; each subscriber is a plugin of its own. Throws error
/// (internal) when an event was not delivered to everyone.
double async_deliveries(std::size_t subscribers);

/// Events a second of runtime::emit_sync, one thread emitting, one event at a time. Throws as async_deliveries.
double sync_events(std::size_t subscribers, std::chrono::milliseconds deadline);

}  // namespace streamspace::bench
