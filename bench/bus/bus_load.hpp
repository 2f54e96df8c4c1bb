#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace streamspace::bench {

/// Deliveries a second of runtime::emit; each subscriber is a plugin of its own. Throws error (internal) when an event
/// was not delivered to everyone.
double async_deliveries(std::size_t subscribers, std::size_t emitting_threads = 1);

/// Events a second of runtime::emit_sync, one thread emitting, one event at a time. Throws as async_deliveries.
double sync_events(std::size_t subscribers, std::optional<std::chrono::milliseconds> deadline);

/// Nanoseconds that runtime::emit takes of the thread that calls it, the event's making included. Each type has 10 of
/// 100 plugins as subscribers, all plugins subscribe to equally many, and the types come in a mixed order. Handlers
/// work for a microsecond, so that the emits are always ahead and do not have to wake anyone. `types` is a multiple
/// of 10. Throws as async_deliveries.
double nanoseconds_per_emit(std::size_t types);

}  // namespace streamspace::bench
