#include <bench/bus/bus_load.hpp>
#include <bench/bus/bus_suite.hpp>
#include <bench/bus/caf_fan_out.hpp>

namespace streamspace::bench {

namespace {

/// As long as no run lasts, which is what a caller means who sets no deadline.
constexpr std::chrono::hours no_deadline{1};

std::vector<measurement> bus_measurements() {
  std::vector<measurement> all;
  for (const std::size_t n : {1, 10, 100}) {
    all.push_back({"bus.async", {{"subscribers", n}}, "deliveries/s", [n] { return async_deliveries(n); }});
    all.push_back({"peer.caf", {{"subscribers", n}}, "deliveries/s", [n] { return caf_fan_out(n); }});
  }
  for (const std::size_t n : {1, 10, 100}) {
    all.push_back({"bus.sync", {{"subscribers", n}, {"deadline", "none"}}, "events/s", [n] {
                     return sync_events(n, no_deadline);
                   }});
    all.push_back({"bus.sync", {{"subscribers", n}, {"deadline", "1s"}}, "events/s", [n] {
                     return sync_events(n, std::chrono::seconds{1});
                   }});
  }
  return all;
}

}  // namespace

suite bus_suite() {
  return {"bus", "the event bus beside a plain CAF fan-out", bus_measurements};
}

}  // namespace streamspace::bench
