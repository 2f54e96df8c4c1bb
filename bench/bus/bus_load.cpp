#include <cstdio>

#include <bench/bus/bus_load.hpp>
#include <bench/bus/delivery_load.hpp>

#include <streamspace/actors/runtime.hpp>
#include <streamspace/plugin.hpp>

namespace streamspace::bench {

namespace {

constexpr const char* event_type = "bench.tick";

class subscriber final : public base_plugin {
 public:
  explicit subscriber(delivery_counters::counter& handled) : handled_{handled} {}

  void on_load(plugin_context& ctx) override {
    ctx.events().on(event_type, [&handled = handled_](const event&) { handled.add_one(); });
  }

 private:
  delivery_counters::counter& handled_;
};

/// A runtime without a database, with so many plugins that subscribe to event_type.
class loaded_bus {
 public:
  explicit loaded_bus(std::size_t subscribers) : handled{subscribers}, plugins{quiet()} {
    for (std::size_t i = 0; i < subscribers; ++i)
      plugins.register_builtin({plain_manifest("subscriber-" + std::to_string(i)), hooks_of<subscriber>(),
                                [&counter = handled[i]] { return std::make_unique<subscriber>(counter); }});
    if (plugins.start() != subscribers) throw error{ec::internal, "not all subscribers could be loaded"};
  }

  delivery_counters handled;
  runtime plugins;  ///< After the counters, which its plugins use to the end.

 private:
  static runtime_options quiet() {
    runtime_options options;
    options.log = [](const log_record& record) {
      if (record.level >= log_level::error) std::fprintf(stderr, "%s\n", to_json_line(record).c_str());
    };
    return options;
  }
};

}  // namespace

double async_deliveries(std::size_t subscribers) {
  loaded_bus bus{subscribers};
  std::size_t enqueued = 0;
  std::size_t emitted = 0;
  const auto rate = deliveries_per_second(bus.handled, [&] {
    enqueued += bus.plugins.emit(event{event_type}).enqueued;
    ++emitted;
  });
  if (enqueued != emitted * subscribers) throw error{ec::internal, "the bus dropped events although nobody was behind"};
  return rate;
}

double sync_events(std::size_t subscribers, std::chrono::milliseconds deadline) {
  using clock = std::chrono::steady_clock;
  loaded_bus bus{subscribers};
  const auto emit_one = [&] {
    const auto report = bus.plugins.emit_sync(event{event_type}, deadline);
    if (report.results.size() != subscribers || !report.all_handled())
      throw error{ec::internal, "a synchronous emit was not handled by everyone"};
  };
  for (int i = 0; i < 100; ++i) emit_one();
  std::size_t emitted = 0;
  const auto begin = clock::now();
  for (; clock::now() - begin < measuring_time; ++emitted) emit_one();
  const std::chrono::duration<double> took = clock::now() - begin;
  return static_cast<double>(emitted) / took.count();
}

}  // namespace streamspace::bench
