#include <chrono>

#include <bench/allocation_counter.hpp>
#include <bench/bus/bus_costs.hpp>
#include <bench/bus/delivery_load.hpp>
#include <bench/bus/loaded_bus.hpp>
#include <bench/bus/sleepers.hpp>
#include <bench/resident_memory.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

double allocations_per_event(std::size_t subscribers) {
  delivery_counters handled{subscribers};
  loaded_bus bus;
  for (std::size_t i = 0; i < subscribers; ++i)
    bus.add_plugin({event_type}, [&counter = handled[i]](const event&) { counter.add_one(); });
  bus.start();
  windowed_load load{handled, 1, [&] { bus.emit_to(subscribers); }};
  load.warm_up();
  const auto warm = load.emitted();
  const auto end = warm + 500'000 / subscribers;
  const allocation_counter allocations;
  load.emit_while([&] { return load.emitted() < end; });
  return static_cast<double>(allocations.count()) / static_cast<double>(load.emitted() - warm);
}

}  // namespace

overflow_run overflow_inbox() {
  using clock = std::chrono::steady_clock;
  constexpr std::size_t events = 1'000'000;
  constexpr std::size_t settled = 100'000;  // The inbox is full, and so is what keeps the last dropped events.
  const std::size_t capacity = runtime_options{}.inbox.events;

  delivery_counters handled{1};
  sleepers bedroom;
  loaded_bus bus;
  bus.add_plugin({event_type}, [&](const event&) {
    bedroom.sleep();
    handled[0].add_one();
  });
  bus.start();
  // One event more, which the plugin has taken from its inbox before the million begins.
  bus.plugins().emit(event{event_type});
  if (!bedroom.await(1)) throw error{ec::timeout, "the plugin that should sleep did not get its event"};

  const auto begin = clock::now();
  for (std::size_t i = 0; i < settled; ++i) bus.plugins().emit(event{event_type});
  const auto before = resident_mib();
  for (std::size_t i = settled; i < events; ++i) bus.plugins().emit(event{event_type});
  const std::chrono::duration<double> took = clock::now() - begin;
  overflow_run run;
  run.growth = resident_mib() - before;
  run.drops_expected = static_cast<double>(events - capacity);
  run.emits_per_second = static_cast<double>(events) / took.count();

  bedroom.wake();
  handled.await_each(1 + capacity);
  const auto plugin = bus.plugins().plugin("plugin-0");
  if (!plugin || plugin->counters.queued != 0 || handled.total() != 1 + capacity)
    throw error{ec::internal, "the plugin that slept did not handle what its inbox took"};
  run.drops_counted = static_cast<double>(plugin->counters.dropped);
  return run;
}

allocation_run count_allocations() {
  constexpr std::size_t many = 100;
  allocation_run run;
  run.per_emit = allocations_per_event(1);
  run.per_delivery = (allocations_per_event(many) - run.per_emit) / (many - 1);
  return run;
}

}  // namespace streamspace::bench
