#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <bench/await.hpp>
#include <bench/plugins/plugin_files.hpp>
#include <bench/plugins/reload_load.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr int reloads = 20;
constexpr std::chrono::microseconds request_gap{1'000};
constexpr std::chrono::microseconds event_gap{200};

response ask_count(runtime& plugins) {
  const auto routes = plugins.routes().current();
  std::promise<response> answer;
  request rq;
  rq.method = "GET";
  rq.path = routes->at(0).path;
  routes->at(0).dispatch(std::move(rq), responder{[&](response r) { answer.set_value(std::move(r)); }});
  return answer.get_future().get();
}

/// Does it again and again, at its time, until it is stopped; what it is late with it makes up for.
template <class Work>
std::thread at_a_pace(std::chrono::microseconds gap, const std::atomic<bool>& stop, Work work) {
  return std::thread{[=, &stop] {
    for (auto next = clock::now(); !stop; next += gap) {
      std::this_thread::sleep_until(next);
      work();
    }
  }};
}

}  // namespace

std::vector<double> reload_under_load() {
  const plugin_files files{STREAMSPACE_COUNTING_PLUGIN, 1};
  const auto plugins = files.started();
  const auto name = plugin_files::name_of(0);
  plugins->load({.name = name});
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> emitted{0};
  std::atomic<int> failed{0};
  auto events = at_a_pace(event_gap, stop, [&] {
    if (plugins->emit("bench.tick", json{{"number", emitted + 1}}).enqueued == 1) ++emitted;
  });
  auto requests = at_a_pace(request_gap, stop, [&] { failed += ask_count(*plugins).status == 200 ? 0 : 1; });
  const auto begun = clock::now();
  for (int i = 0; i < reloads; ++i) plugins->reload(name);
  const std::chrono::duration<double, std::milli> took = clock::now() - begun;
  stop = true;
  events.join();
  requests.join();
  json seen;
  const auto all_came = [&] {
    seen = ask_count(*plugins).json();
    return seen["count"] == emitted.load();
  };
  static_cast<void>(await(all_came, std::chrono::seconds{5}));
  const auto missed = std::abs(emitted - seen["count"].get<std::int64_t>());
  return {took.count() / reloads, static_cast<double>(failed),
          static_cast<double>(missed + seen["outOfOrder"].get<std::int64_t>())};
}

}  // namespace streamspace::bench
