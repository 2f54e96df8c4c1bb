#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace streamspace::bench {

/// A plugin changes its data and emits an event in one transaction after the other, and a durable subscription hears
/// them: from the call that emits to the handler, in milliseconds, of each.
std::vector<double> outbox_latencies(const std::string& database_url);

/// Whether whoever emits waits for each event until it is committed (emit_durable) or not (emit, of a type that a
/// durable subscription wants).
enum class acknowledgement : std::uint8_t { none, each };

/// Events a second that so many threads emit until a durable subscription has handled all of them.
double durable_events(const std::string& database_url, std::size_t emitters, acknowledgement wanted);

}  // namespace streamspace::bench
