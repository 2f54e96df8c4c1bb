#include <limits>
#include <thread>

#include <gmock/gmock.h>

#include "cell_bed.hpp"
#include <streamspace/actors/event_bus.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::cell_bed;
using ::testing::ElementsAre;
using enum delivery_outcome;

std::shared_ptr<event_bus::table> table_of(std::initializer_list<cell_bed*> beds) {
  auto table = std::make_shared<event_bus::table>();
  for (auto* bed : beds)
    for (const auto& s : bed->subscriptions) table->add(s->pattern, 0, event_bus::route{s, bed->cell});
  table->seal();
  return table;
}

event_ptr an_event(std::string type) {
  return std::make_shared<const event>(std::move(type));
}

std::function<void(plugin_context&)> hears(std::string pattern, std::atomic<int>& count) {
  return [pattern, &count](plugin_context& ctx) { ctx.events().on(pattern, [&count](const event&) { ++count; }); };
}

TEST(EventBus, SaysHowManyItReachedAndHowManyTookTheEvent) {
  std::atomic<int> count{0};
  cell_bed roomy{"roomy", hears("a.*", count)};
  cell_bed full{"full", hears("a.>", count), {.inbox_capacity = 1}};
  cell_bed other{"other", hears("b.*", count)};
  event_bus bus;
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U) << "nothing is published yet";
  bus.publish(table_of({&roomy, &full, &other}));
  EXPECT_EQ(bus.emit(an_event("a.b")).enqueued, 2U);
  const auto report = bus.emit(an_event("a.b"));
  EXPECT_EQ(report.matched, 2U);
  EXPECT_EQ(report.enqueued, 1U);
  EXPECT_EQ(report.dropped, 1U);
  roomy.run();
  full.run();
  EXPECT_EQ(count, 3);
}

TEST(EventBus, PassesOverPluginsThatAreNotEnabled) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  bed.cell->set_open(false);
  event_bus bus;
  bus.publish(table_of({&bed}));
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U);
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 30s).results.empty());
  EXPECT_EQ(bed.cell->counters().dropped, 0U);
}

TEST(EventBus, ReadsTheTableThatWasPublishedLast) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  event_bus bus;
  bus.publish(table_of({&bed}));
  bus.publish(table_of({}));
  EXPECT_EQ(bus.emit(an_event("a.b")).matched, 0U);
}

TEST(EventBus, WaitsForEveryHandlerOfASynchronousEmit) {
  std::atomic<int> count{0};
  cell_bed one{"one", hears("a.*", count)};
  cell_bed two{"two", hears("a.b", count)};
  event_bus bus;
  bus.publish(table_of({&one, &two}));
  std::jthread turns{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      one.run();
      two.run();
      std::this_thread::yield();
    }
  }};
  const auto report = bus.emit_sync(an_event("a.b"), 30s);
  EXPECT_TRUE(report.all_handled());
  EXPECT_EQ(report.results.size(), 2U);
  EXPECT_EQ(count, 2);
}

TEST(EventBus, DoesNotWaitPastTheDeadline) {
  std::atomic<int> count{0};
  cell_bed idle{"idle", hears("a.*", count)};
  event_bus bus;
  bus.publish(table_of({&idle}));
  EXPECT_EQ(bus.emit_sync(an_event("a.b"), 0ms).results.at(0).outcome, timeout);
  EXPECT_EQ(bus.emit_sync(an_event("a.b"), -5ms).results.at(0).outcome, timeout);
}

TEST(EventBus, TakesTheLongestDeadlineThereIs) {
  std::atomic<int> count{0};
  cell_bed bed{"p", hears("a.*", count)};
  event_bus bus;
  bus.publish(table_of({&bed}));
  std::jthread turns{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      bed.run();
      std::this_thread::yield();
    }
  }};
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), std::chrono::milliseconds::max()).all_handled());
}

TEST(EventBus, TellsAPluginThatEmitsToItselfThatItWouldWaitForItself) {
  event_bus bus;
  sync_report report;
  std::vector<std::string> seen;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [&](const event& e) {
                   seen.push_back(e.type());
                   if (e.type() == "a.first") report = bus.emit_sync(an_event("a.second"), 30s);
                 });
               }};
  bus.publish(table_of({&bed}));
  bus.emit(an_event("a.first"));
  bed.run();
  EXPECT_EQ(report.results.at(0).outcome, would_deadlock);
  EXPECT_THAT(seen, ElementsAre("a.first"));
}

TEST(EventBus, TellsAPluginThatItWouldWaitForItselfThroughAnother) {
  event_bus bus;
  sync_report inner;
  sync_report outer;
  cell_bed b{"b", [&](plugin_context& ctx) {
               ctx.events().on("to.b", [&](const event&) { inner = bus.emit_sync(an_event("to.a"), 30s); });
             }};
  cell_bed a{"a", [&](plugin_context& ctx) {
               ctx.events().on("begin", [&](const event&) { outer = bus.emit_sync(an_event("to.b"), 30s); });
               ctx.events().on("to.a", [](const event&) {});
             }};
  bus.publish(table_of({&a, &b}));
  std::jthread turns_of_b{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      b.run();
      std::this_thread::yield();
    }
  }};
  bus.emit(an_event("begin"));
  a.run();
  EXPECT_TRUE(outer.all_handled()) << "b goes on";
  EXPECT_EQ(inner.results.at(0).outcome, would_deadlock);
}

TEST(EventBus, KeepsTheOrderOfEachEmitterWhileTheTableChanges) {
  constexpr int emitters = 3;
  constexpr int events = 1'000;
  std::vector<std::vector<int>> seen(emitters);
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("n.*", [&](const event& e) {
                   seen[e.data()["emitter"].get<std::size_t>()].push_back(e.data()["n"].get<int>());
                 });
               }};
  event_bus bus;
  bus.publish(table_of({&bed}));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < emitters; ++t)
      threads.emplace_back([&, t] {
        for (int n = 0; n < events; ++n) bus.emit(std::make_shared<const event>("n.x", json{{"emitter", t}, {"n", n}}));
      });
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) bus.publish(table_of({&bed}));
    });
  }
  bed.run();
  for (const auto& of_one : seen) {
    ASSERT_EQ(of_one.size(), static_cast<std::size_t>(events));
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
  }
}

}  // namespace
}  // namespace streamspace
