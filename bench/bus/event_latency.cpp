#include <chrono>
#include <thread>

#include <bench/await.hpp>
#include <bench/bus/delivery_counters.hpp>
#include <bench/bus/event_latency.hpp>
#include <bench/bus/loaded_bus.hpp>
#include <bench/bus/sleepers.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t measured_plugins = 10;
constexpr std::size_t other_plugins = 8;
constexpr std::chrono::milliseconds interval{1};
constexpr std::size_t warm_up_events = 100;
constexpr std::size_t events = warm_up_events + 1'000;
/// How long events may stay away after the last emit: with the sleepers asleep, and then with them awake.
constexpr std::chrono::seconds patience{5};

/// When each event was emitted, and how long each plugin waited for it.
class stopwatch {
 public:
  stopwatch() : emitted_(events), waited_(measured_plugins, std::vector<double>(events)), handled_{measured_plugins} {}

  /// Just before events are emitted, one after the other by one thread.
  void emitting(std::size_t event_number) { emitted_[event_number] = clock::now(); }

  /// In the handler. Each plugin gets the events in the order in which they were emitted.
  void handling(std::size_t plugin) {
    const auto now = clock::now();
    auto& handled = handled_[plugin];
    const auto number = handled.get();
    waited_[plugin][number] = std::chrono::duration<double, std::micro>{now - emitted_[number]}.count();
    handled.add_one();
  }

  bool all_handled() const noexcept { return handled_.least() == events; }

  latency_run result() const {
    latency_run run;
    for (std::size_t plugin = 0; plugin < measured_plugins; ++plugin) {
      const auto handled = handled_[plugin].get();
      run.lost += events - handled;
      for (std::size_t i = warm_up_events; i < handled; ++i) run.microseconds.push_back(waited_[plugin][i]);
    }
    return run;
  }

 private:
  std::vector<clock::time_point> emitted_;
  std::vector<std::vector<double>> waited_;
  delivery_counters handled_;
};

}  // namespace

latency_run measure_latency(std::size_t asleep) {
  stopwatch watch;
  sleepers bedroom;
  loaded_bus bus;
  for (std::size_t i = 0; i < measured_plugins; ++i)
    bus.add_plugin({event_type}, [&watch, i](const event&) { watch.handling(i); });
  for (std::size_t i = 0; i < other_plugins; ++i)
    bus.add_plugin({"bench.sleep.p" + std::to_string(i)}, [&](const event&) { bedroom.sleep(); });
  bus.start();
  for (std::size_t i = 0; i < asleep; ++i) bus.plugins().emit("bench.sleep.p" + std::to_string(i));
  // How long a bus takes to get over plugins that fall asleep is a matter of milliseconds, and of 30 s those that are
  // measured here are one: it belongs before them.
  const bool settled = bedroom.await(asleep);

  const auto begin = clock::now();
  for (std::size_t i = 0; settled && i < events; ++i) {
    std::this_thread::sleep_until(begin + i * interval);
    watch.emitting(i);
    bus.plugins().emit(event{event_type});
  }
  await([&] { return watch.all_handled(); }, patience);
  bedroom.wake();
  if (!settled) throw error{ec::timeout, "the plugins that should sleep did not all get their events"};
  await([&] { return watch.all_handled(); }, patience);
  return watch.result();
}

}  // namespace streamspace::bench
