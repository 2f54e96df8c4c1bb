#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace streamspace::bench {

/// A plugin changes its data and emits an event in one transaction after the other, and a durable subscription hears
/// them: from the call that emits to the handler, in milliseconds, of each.
std::vector<double> outbox_latencies(const std::string& database_url);

/// Events a second that so many threads emit, each waiting until its event is in the log, until a durable subscription
/// has handled all of them.
double durable_events(const std::string& database_url, std::size_t emitters);

}  // namespace streamspace::bench
