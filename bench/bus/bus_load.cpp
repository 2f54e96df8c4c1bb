#include <algorithm>
#include <numeric>
#include <random>

#include <bench/bus/bus_load.hpp>
#include <bench/bus/delivery_load.hpp>
#include <bench/bus/loaded_bus.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

void work_for(std::chrono::nanoseconds time) {
  const auto end = clock::now() + time;
  while (clock::now() < end) {
  }
}

/// As long as no run lasts, which is what a caller means who sets no deadline.
constexpr std::chrono::hours no_deadline{1};

}  // namespace

double async_deliveries(std::size_t subscribers, std::size_t emitting_threads) {
  delivery_counters handled{subscribers};
  loaded_bus bus;
  for (std::size_t i = 0; i < subscribers; ++i)
    bus.add_plugin({event_type}, [&counter = handled[i]](const event&) { counter.add_one(); });
  bus.start();
  return deliveries_per_second(handled, emitting_threads, [&] { bus.emit_to(subscribers); });
}

double sync_events(std::size_t subscribers, std::optional<std::chrono::milliseconds> deadline) {
  loaded_bus bus;
  for (std::size_t i = 0; i < subscribers; ++i) bus.add_plugin({event_type}, [](const event&) {});
  bus.start();
  const auto emit_one = [&] {
    const auto report = bus.plugins().emit_sync(event{event_type}, deadline.value_or(no_deadline));
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

double nanoseconds_per_emit(std::size_t types) {
  constexpr std::size_t plugins = 100;
  constexpr std::size_t subscribers = 10;  // Of each type.
  constexpr std::chrono::microseconds handling{1};
  constexpr std::size_t burst = 500;
  constexpr std::size_t most_waiting = 32'768;  // Deliveries, of all plugins together: less than one inbox holds.

  // Ten types in a row reach all plugins, always in the same order: from one number of types to another only the types
  // themselves differ, not how busy a plugin is when its turn to get an event comes.
  constexpr std::size_t row = plugins / subscribers;
  std::vector<std::size_t> rows(types / row);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::shuffle(rows.begin(), rows.end(), std::minstd_rand{});
  std::vector<std::string> emitted_types;
  std::vector<std::vector<std::string>> subscribed(plugins);
  for (const auto r : rows)
    for (std::size_t i = 0; i < row; ++i) {
      emitted_types.push_back("bench.t" + std::to_string(r * row + i));
      for (std::size_t s = 0; s < subscribers; ++s) subscribed[i * subscribers + s].push_back(emitted_types.back());
    }

  delivery_counters handled{plugins};
  loaded_bus bus;
  for (std::size_t i = 0; i < plugins; ++i)
    bus.add_plugin(std::move(subscribed[i]), [&counter = handled[i], handling](const event&) {
      work_for(handling);
      counter.add_one();
    });
  bus.start();

  std::size_t emitted = 0;
  const auto emit_burst = [&] {
    if (emitted * subscribers > most_waiting) handled.await_total(emitted * subscribers - most_waiting);
    const auto begin = clock::now();
    for (std::size_t i = 0; i < burst; ++i, ++emitted)
      if (bus.plugins().emit(event{emitted_types[emitted % emitted_types.size()]}).enqueued != subscribers)
        throw error{ec::internal, "the bus dropped an event although nobody was behind"};
    return clock::now() - begin;
  };
  while (emitted < 10'000) emit_burst();
  const auto warm = emitted;
  const auto end = clock::now() + measuring_time;
  clock::duration emitting{};
  while (clock::now() < end) emitting += emit_burst();
  handled.await_total(emitted * subscribers);
  return std::chrono::duration<double, std::nano>{emitting}.count() / static_cast<double>(emitted - warm);
}

}  // namespace streamspace::bench
