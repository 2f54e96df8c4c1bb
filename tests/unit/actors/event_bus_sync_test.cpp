#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "bus_bed.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::an_event;
using testing::cell_bed;
using ::testing::ElementsAre;
using testing::eventually;
using testing::hears;
using testing::table_of;
using enum delivery_outcome;

TEST(EventBusSync, WaitsForEveryHandlerOfASynchronousEmit) {
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

TEST(EventBusSync, DoesNotWaitPastTheDeadline) {
  std::atomic<int> count{0};
  cell_bed idle{"idle", hears("a.*", count)};
  event_bus bus;
  bus.publish(table_of({&idle}));
  EXPECT_EQ(bus.emit_sync(an_event("a.b"), 0ms).results.at(0).outcome, timeout);
  EXPECT_EQ(bus.emit_sync(an_event("a.b"), -5ms).results.at(0).outcome, timeout);
}

TEST(EventBusSync, TakesTheLongestDeadlineThereIs) {
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

TEST(EventBusSync, TellsAPluginThatEmitsToItselfThatItWouldWaitForItself) {
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

TEST(EventBusSync, TellsAPluginThatItWouldWaitForItselfThroughAnother) {
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

/// Lets a plugin show that it returns at once.
void make_known_fast(cell_bed& bed, std::string type) {
  ASSERT_TRUE(eventually([&] {
    bed.push(type);
    bed.run();
    return bed.cell->is_known_fast(50us);
  }));
}

struct EventBusHelp : ::testing::Test {
  ~EventBusHelp() override { EXPECT_TRUE(pool.stop(30s)); }

  turn_pool pool{{.workers = 2}};
  event_bus bus;
};

TEST_F(EventBusHelp, TakesTheTurnOfAnIdleFastPluginOnTheEmittersThread) {
  std::thread::id handled_on;
  cell_bed bed{"p", [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [&](const event&) { handled_on = std::this_thread::get_id(); });
               }};
  make_known_fast(bed, "a.b");
  bus.publish(table_of({&bed}));
  handled_on = {};
  const auto wakes = bed.wakes.load();
  const auto report = bus.emit_sync(an_event("a.b"), 30s);
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(report.results[0].plugin, "p");
  EXPECT_EQ(report.results[0].subscription, "a.*");
  EXPECT_EQ(report.results[0].outcome, handled);
  EXPECT_EQ(handled_on, std::this_thread::get_id());
  EXPECT_EQ(bed.wakes, wakes);
  EXPECT_EQ(bed.cell->counters().queued, 0U);
}

TEST_F(EventBusHelp, HandlesWhatWaitedBeforeInItsOrder) {
  std::vector<std::string> seen;
  cell_bed bed{"p",
               [&](plugin_context& ctx) { ctx.events().on("a.*", [&](const event& e) { seen.push_back(e.type()); }); }};
  make_known_fast(bed, "a.b");
  bus.publish(table_of({&bed}));
  seen.clear();
  bed.cell->push(plugin_cell::place::last, [&](plugin_instance&) { bus.emit(an_event("a.from-a-task")); });
  bed.run();
  EXPECT_TRUE(bus.emit_sync(an_event("a.sync"), 30s).all_handled());
  EXPECT_THAT(seen, ElementsAre("a.from-a-task", "a.sync"));
}

TEST_F(EventBusHelp, ReportsWhatBecameOfEachDelivery) {
  const auto setup = [](plugin_context& ctx) {
    ctx.events().on("a.*", [](const event& e) {
      if (e.type() == "a.error") throw streamspace::error{ec::conflict, "not so"};
      if (e.type() == "a.exception") throw std::runtime_error{"broken"};
    });
  };
  cell_bed bed{"p", setup};
  bus.publish(table_of({&bed}));
  // What throws takes long on some machines, and the plugin is no fast one then.
  const auto emit_helped = [&](const char* type) {
    make_known_fast(bed, "a.b");
    return bus.emit_sync(an_event(type), 30s);
  };
  EXPECT_EQ(emit_helped("a.error").results.at(0).outcome, delivery_outcome::error);
  const auto broken = emit_helped("a.exception").results.at(0);
  EXPECT_EQ(broken.outcome, exception);
  EXPECT_EQ(broken.exception_type, "std::runtime_error");
  EXPECT_EQ(broken.what, "broken");
  EXPECT_TRUE(emit_helped("a.fine").all_handled());
}

TEST_F(EventBusHelp, TellsAFastPluginThatItWouldWaitForItself) {
  sync_report inner;
  sync_report outer;
  cell_bed b{"b", [&](plugin_context& ctx) {
               ctx.events().on("to.b", [](const event&) {});
               ctx.events().on("on.to.a", [&](const event&) { inner = bus.emit_sync(an_event("to.a"), 30s); });
             }};
  cell_bed a{"a", [&](plugin_context& ctx) {
               ctx.events().on("begin", [&](const event&) { outer = bus.emit_sync(an_event("on.to.a"), 30s); });
               ctx.events().on("to.a", [](const event&) {});
             }};
  make_known_fast(a, "to.a");
  make_known_fast(b, "to.b");
  bus.publish(table_of({&a, &b}));
  bus.emit(an_event("begin"));
  a.run();
  EXPECT_TRUE(outer.all_handled()) << "b goes on";
  ASSERT_EQ(outer.results.size(), 1U);
  ASSERT_EQ(inner.results.size(), 1U);
  EXPECT_EQ(inner.results[0].outcome, would_deadlock);
}

TEST_F(EventBusHelp, LeavesAPluginThatHasShownNothingYetToThePool) {
  std::thread::id handled_on;
  cell_bed bed{"p",
               [&](plugin_context& ctx) {
                 ctx.events().on("a.*", [&](const event&) { handled_on = std::this_thread::get_id(); });
               },
               {},
               &pool};
  bus.publish(table_of({&bed}));
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 30s).all_handled());
  EXPECT_NE(handled_on, std::this_thread::get_id());
}

/// Waits until so many are here.
class meeting {
 public:
  explicit meeting(int size) : size_{size} {}
  void attend() {
    ++here_;
    if (!eventually([this] { return here_ >= size_; })) failed_ = true;
  }
  bool took_place() const { return here_ == size_ && !failed_; }

 private:
  const int size_;
  std::atomic<int> here_{0};
  std::atomic<bool> failed_{false};
};

TEST_F(EventBusHelp, HasTheHandlersOfDifferentPluginsRunSideBySide) {
  meeting all{2};
  const auto attends = [&](plugin_context& ctx) { ctx.events().on("a.*", [&](const event&) { all.attend(); }); };
  cell_bed one{"one", attends, {}, &pool};
  cell_bed two{"two", attends, {}, &pool};
  bus.publish(table_of({&one, &two}));
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 60s).all_handled());
  EXPECT_TRUE(all.took_place());
}

TEST_F(EventBusHelp, SetsTheOthersGoingBeforeItTakesATurnItself) {
  meeting all{2};
  cell_bed fast{"fast", [&](plugin_context& ctx) {
                  ctx.events().on("a.*", [&](const event&) { all.attend(); });
                  ctx.events().on("train", [](const event&) {});
                }};
  cell_bed other{
      "other", [&](plugin_context& ctx) { ctx.events().on("a.*", [&](const event&) { all.attend(); }); }, {}, &pool};
  ASSERT_TRUE(eventually([&] {
    fast.push("train", 1);
    fast.run();
    return fast.cell->is_known_fast(50us);
  }));
  bus.publish(table_of({&fast, &other}));
  EXPECT_TRUE(bus.emit_sync(an_event("a.b"), 60s).all_handled());
  EXPECT_TRUE(all.took_place());
}

TEST_F(EventBusHelp, AnswersManyEmittersOfTheSamePlugins) {
  constexpr int emitters = 4;
  constexpr int events = 300;
  int plain[2] = {0, 0};
  const auto counts = [](int& count) {
    return [&count](plugin_context& ctx) { ctx.events().on("a.*", [&count](const event&) { ++count; }); };
  };
  {
    cell_bed one{"one", counts(plain[0]), {}, &pool};
    cell_bed two{"two", counts(plain[1]), {}, &pool};
    bus.publish(table_of({&one, &two}));
    std::atomic<int> failures{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < emitters; ++t)
        threads.emplace_back([&] {
          for (int n = 0; n < events; ++n) {
            const auto report = bus.emit_sync(an_event("a.b"), 30s);
            if (report.results.size() != 2 || !report.all_handled()) ++failures;
          }
        });
    }
    EXPECT_EQ(failures, 0);
    bus.publish(table_of({}));
  }
  EXPECT_EQ(plain[0], emitters * events) << "counted in turns without a lock";
  EXPECT_EQ(plain[1], emitters * events);
}

}  // namespace
}  // namespace streamspace
