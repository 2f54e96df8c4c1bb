#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/detached.hpp>
#include <support/errors.hpp>

#include "bus_bed.hpp"
#include <streamspace/actors/collected_emit.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::an_event;
using testing::cell_bed;
using testing::detached;
using testing::eventually;
using testing::hears;
using testing::table_of;

struct CollectedEmit : ::testing::Test {
  collected_emit emit(std::string type, collected_emit::executor resume_on = {}) {
    return {bus, an_event(std::move(type)), 1h, std::move(resume_on)};
  }

  std::atomic<int> count{0};
  std::shared_ptr<event_bus> bus = std::make_shared<event_bus>();
};

TEST_F(CollectedEmit, GivesTheReportOnTheThreadThatBringsTheLastAnswer) {
  cell_bed bed{"p", hears("a.*", count)};
  bus->publish(table_of({&bed}));
  std::atomic<bool> reported{false};
  std::thread::id went_on;
  [](CollectedEmit& test, auto& all_handled, auto& thread) -> detached {
    const sync_report report = co_await test.emit("a.b");
    thread = std::this_thread::get_id();
    all_handled = report.results.size() == 1 && report.all_handled();
  }(*this, reported, went_on);
  EXPECT_FALSE(reported);
  std::thread::id turn;
  std::thread{[&] {
    turn = std::this_thread::get_id();
    bed.run();
  }}.join();
  EXPECT_TRUE(reported);
  EXPECT_EQ(went_on, turn);
}

TEST_F(CollectedEmit, EmitsNothingBeforeItIsAwaited) {
  cell_bed bed{"p", hears("a.*", count)};
  bus->publish(table_of({&bed}));
  static_cast<void>(emit("a.b"));
  bed.run();
  EXPECT_EQ(count, 0);
}

TEST_F(CollectedEmit, GoesOnInTheCallWithoutGrowingTheStackWhenNobodyListens) {
  constexpr int rounds = 200'000;
  int done = 0;
  [](CollectedEmit& test, int& round) -> detached {
    for (; round < rounds; ++round) static_cast<void>(co_await test.emit("a.b"));
  }(*this, done);
  EXPECT_EQ(done, rounds);
}

TEST_F(CollectedEmit, GoesOnWhereAnExecutorTakesIt) {
  cell_bed bed{"p", hears("a.*", count)};
  bus->publish(table_of({&bed}));
  std::vector<std::function<void()>> tasks;
  bool done = false;
  [](CollectedEmit& test, auto& queue, bool& went_on) -> detached {
    static_cast<void>(co_await test.emit("a.b", [&](std::function<void()> task) { queue.push_back(std::move(task)); }));
    went_on = true;
  }(*this, tasks, done);
  bed.run();
  EXPECT_FALSE(done);
  ASSERT_EQ(tasks.size(), 1U);
  tasks[0]();
  EXPECT_TRUE(done);
}

TEST_F(CollectedEmit, GivesTheCoroutineWhatTheEmitThrows) {
  struct broken_port final : event_port {
    emit_report emit(event&&) override { return {}; }
    sync_report emit_sync(event&&, std::chrono::milliseconds) override { return {}; }
    void emit_then(event&&, std::chrono::milliseconds, std::function<void(sync_report)>) override {
      throw streamspace::error{ec::unavailable, "not now"};
    }
  };
  bool thrown = false;
  [](bool& as_it_should) -> detached {
    try {
      static_cast<void>(co_await collected_emit{std::make_shared<broken_port>(), an_event("a.b"), 1h, {}});
    } catch (const streamspace::error& e) {
      as_it_should = e.code() == ec::unavailable;
    }
  }(thrown);
  EXPECT_TRUE(thrown);
}

TEST_F(CollectedEmit, GoesOnOnceWhenTheAnswerMeetsItsSuspension) {
  constexpr int rounds = 5'000;
  std::atomic<int> done{0};
  cell_bed bed{"p", hears("a.*", count)};
  bus->publish(table_of({&bed}));
  std::jthread turns{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      bed.run();
      std::this_thread::yield();
    }
  }};
  for (int round = 0; round < rounds; ++round) {
    [](CollectedEmit& test, std::atomic<int>& results) -> detached {
      results += static_cast<int>((co_await test.emit("a.b")).results.size());
    }(*this, done);
    ASSERT_TRUE(eventually([&] { return round % 64 != 0 || done == round + 1; }));
  }
  EXPECT_TRUE(eventually([&] { return done == rounds; }));
}

}  // namespace
}  // namespace streamspace
