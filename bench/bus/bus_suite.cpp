#include <bench/bus/bus_costs.hpp>
#include <bench/bus/bus_load.hpp>
#include <bench/bus/bus_suite.hpp>
#include <bench/bus/caf_fan_out.hpp>
#include <bench/bus/event_latency.hpp>
#include <bench/bus/go_peer.hpp>
#include <bench/statistics.hpp>

namespace streamspace::bench {

namespace {

measurement go_rate(std::string name, std::string unit, const char* mode, std::size_t subscribers, const char* member) {
  return measurement_of({std::move(name), {{"subscribers", subscribers}}, std::move(unit)}, [=] {
    return go_peer::run({mode, std::to_string(subscribers)}).at(member).get<double>();
  });
}

void add_throughput(std::vector<measurement>& all, bool with_go) {
  for (const std::size_t n : {1, 10, 100}) {
    all.push_back(
        measurement_of({"bus.async", {{"subscribers", n}}, "deliveries/s"}, [n] { return async_deliveries(n); }));
    all.push_back(measurement_of({"peer.caf", {{"subscribers", n}}, "deliveries/s"}, [n] { return caf_fan_out(n); }));
    if (with_go) all.push_back(go_rate("peer.go.async", "deliveries/s", "async", n, "deliveries_per_second"));
  }
  for (const std::size_t n : {1, 10, 100}) {
    all.push_back(measurement_of({"bus.sync", {{"subscribers", n}, {"deadline", "none"}}, "events/s"},
                                 [n] { return sync_events(n, {}); }));
    all.push_back(measurement_of({"bus.sync", {{"subscribers", n}, {"deadline", "1s"}}, "events/s"},
                                 [n] { return sync_events(n, std::chrono::seconds{1}); }));
    if (with_go) all.push_back(go_rate("peer.go.sync", "events/s", "sync", n, "events_per_second"));
  }
}

void add_latency(std::vector<measurement>& all, bool with_go) {
  all.push_back({{{"bus.latency_us", {{"quantile", 0.5}}, "us"}, {"bus.latency_us", {{"quantile", 0.99}}, "us"}}, [] {
                   const auto run = measure_latency(0);
                   return std::vector{quantile_of(run.microseconds, 0.5), quantile_of(run.microseconds, 0.99)};
                 }});
  if (with_go)
    all.push_back(
        {{{"peer.go.latency_us", {{"quantile", 0.5}}, "us"}, {"peer.go.latency_us", {{"quantile", 0.99}}, "us"}}, [] {
           const auto figures = go_peer::run({"latency", "10", "1000"});
           return std::vector{figures.at("p50_us").get<double>(), figures.at("p99_us").get<double>()};
         }});
  for (const std::size_t asleep : {0, 8}) {
    measurement m;
    for (const double q : {0.5, 0.99})
      m.gives.push_back({"bus.asleep_latency_us", {{"quantile", q}, {"asleep", asleep}}, "us"});
    if (asleep > 0) m.gives.push_back({"bus.asleep_lost", json::object(), "deliveries"});
    m.run = [asleep] {
      const auto run = measure_latency(asleep);
      std::vector values{quantile_of(run.microseconds, 0.5), quantile_of(run.microseconds, 0.99)};
      if (asleep > 0) values.push_back(static_cast<double>(run.lost));
      return values;
    };
    all.push_back(std::move(m));
  }
}

void add_costs(std::vector<measurement>& all) {
  all.push_back({{{"bus.overflow", {{"of", "growth"}}, "MiB"},
                  {"bus.overflow", {{"of", "drops_expected"}}, "events"},
                  {"bus.overflow", {{"of", "drops_counted"}}, "events"},
                  {"bus.overflow", {{"of", "emits"}}, "emits/s"}},
                 [] {
                   const auto run = overflow_inbox();
                   return std::vector{run.growth, run.drops_expected, run.drops_counted, run.emits_per_second};
                 }});
  for (const std::size_t types : {10, 10'000})
    all.push_back(
        measurement_of({"bus.types", {{"types", types}}, "ns/emit"}, [types] { return nanoseconds_per_emit(types); }));
  all.push_back({{{"bus.allocations", {{"per", "delivery"}}, "allocations"},
                  {"bus.allocations", {{"per", "emit"}}, "allocations"}},
                 [] {
                   const auto run = count_allocations();
                   return std::vector{run.per_delivery, run.per_emit};
                 }});
  for (const std::size_t plugins : {1, 3, 10, 30, 100, 300, 1000})
    all.push_back(measurement_of({"bus.scale", {{"plugins", plugins}}, "deliveries/s"},
                                 [plugins] { return async_deliveries(plugins); }));
  for (const std::size_t threads : {1, 2, 4, 8, 16})
    all.push_back(measurement_of({"bus.emitters", {{"threads", threads}}, "deliveries/s"},
                                 [threads] { return async_deliveries(10, threads); }));
}

std::vector<bar> bus_bars() {
  using sense = bar::sense;
  const auto subscribers = [](std::string name, int n) {
    return bar::figure_name{std::move(name), {{"subscribers", n}}};
  };
  const auto sync = [](int n, const char* deadline) {
    return bar::figure_name{"bus.sync", {{"subscribers", n}, {"deadline", deadline}}};
  };
  const auto p99 = [](std::string name) { return bar::figure_name{std::move(name), {{"quantile", 0.99}}}; };
  const auto p99_asleep = [](int asleep) {
    return bar::figure_name{"bus.asleep_latency_us", {{"quantile", 0.99}, {"asleep", asleep}}};
  };
  const auto overflow = [](const char* of) { return bar::figure_name{"bus.overflow", {{"of", of}}}; };
  const auto types = [](int n) { return bar::figure_name{"bus.types", {{"types", n}}}; };
  const auto allocations = [](const char* per) { return bar::figure_name{"bus.allocations", {{"per", per}}}; };
  return {
      {subscribers("bus.async", 1), subscribers("peer.go.async", 1), sense::at_least, 2.5},
      {subscribers("bus.async", 10), subscribers("peer.go.async", 10), sense::at_least, 8},
      {subscribers("bus.async", 10), subscribers("peer.caf", 10), sense::at_least, 3},
      {subscribers("bus.async", 100), subscribers("peer.go.async", 100), sense::at_least, 5},
      {sync(10, "none"), subscribers("peer.go.sync", 10), sense::at_least, 3},
      {sync(10, "1s"), subscribers("peer.go.sync", 10), sense::at_least, 1},
      {p99("bus.latency_us"), p99("peer.go.latency_us"), sense::at_most, 1.5},
      {p99_asleep(8), p99_asleep(0), sense::at_most, 2},
      {{"bus.asleep_lost", json::object()}, {}, sense::exactly, 0},
      {overflow("growth"), {}, sense::at_most, 1},
      {overflow("drops_counted"), overflow("drops_expected"), sense::exactly, 1},
      // A hundred thousand subscriptions lie where no cache holds them all; more than that must not be to pay.
      {types(10'000), types(10), sense::at_most, 2},
      // Wake-ups and chunks of the inboxes come to a rest that no event pays by itself.
      {allocations("delivery"), {}, sense::at_most, 0.005},
      {allocations("emit"), {}, sense::at_most, 2},
  };
}

suite_content bus_content() {
  suite_content content;
  const bool with_go = go_peer::is_built();
  if (!with_go) content.notes.push_back("peer.go.*: left out, for there was no Go to build it with");
  add_throughput(content.measurements, with_go);
  add_latency(content.measurements, with_go);
  add_costs(content.measurements);
  content.bars = bus_bars();
  return content;
}

}  // namespace

suite bus_suite() {
  return {"bus", "the event bus, beside a plain CAF fan-out and a goroutine for each handler", bus_content};
}

}  // namespace streamspace::bench
