#pragma once

#include <vector>

namespace streamspace::bench {

/// Reloads a plugin from a file twenty times, while 1,000 requests and 5,000 events a second come: milliseconds a
/// reload, requests that failed, events that were lost, doubled or out of order.
std::vector<double> reload_under_load();

}  // namespace streamspace::bench
