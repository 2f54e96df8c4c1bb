#include <atomic>
#include <chrono>
#include <thread>

#include <bench/await.hpp>
#include <bench/db/event_log_load.hpp>
#include <bench/db/storing_plugin.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t transactions = 500;
constexpr std::size_t durable = 40'000;
constexpr std::chrono::seconds longest{60};

/// A plugin whose durable subscription hears what it emits itself.
storing_plugin plugin_hearing(const std::string& database_url, const event_handler& handler) {
  return storing_plugin{database_url,
                        [&](plugin_context& ctx) { ctx.events().on("plugin.storing.*", handler).durable("bench"); }};
}

void await_all(const std::atomic<std::size_t>& heard, std::size_t wanted) {
  if (!await([&] { return heard >= wanted; }, longest))
    throw error{ec::timeout, "only " + std::to_string(heard) + " of " + std::to_string(wanted) +
                                 " durable events were heard within a minute"};
}

}  // namespace

std::vector<double> outbox_latencies(const std::string& database_url) {
  std::vector<clock::time_point> begun(transactions);
  std::vector<double> took(transactions);
  std::atomic<std::size_t> heard{0};
  const auto plugin = plugin_hearing(database_url, [&](const event& e) {
    const auto n = e.data()["n"].get<std::size_t>();
    took[n] = std::chrono::duration<double, std::milli>{clock::now() - begun[n]}.count();
    ++heard;
  });
  auto& db = plugin.context().database();
  db.exec("CREATE TABLE IF NOT EXISTS changes (n int)");
  for (std::size_t n = 0; n < transactions; ++n)
    db.transaction([&](transaction& tx) {
      tx.exec("INSERT INTO changes VALUES ($1)", n);
      begun[n] = clock::now();
      tx.emit("changed", {{"n", n}});
    });
  await_all(heard, transactions);
  return took;
}

double durable_events(const std::string& database_url, std::size_t emitters, acknowledgement wanted) {
  std::atomic<std::size_t> heard{0};
  const auto plugin = plugin_hearing(database_url, [&](const event&) { ++heard; });
  auto& events = plugin.context().events();
  const auto emit = [&](const json& data) {
    wanted == acknowledgement::each ? events.emit_durable("made", data) : events.emit("made", data);
  };
  const auto begin = clock::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < emitters; ++i)
      threads.emplace_back([&, i] {
        for (std::size_t n = i; n < durable; n += emitters) emit({{"n", n}});
      });
  }
  await_all(heard, durable);
  return static_cast<double>(durable) / std::chrono::duration<double>{clock::now() - begin}.count();
}

}  // namespace streamspace::bench
