#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "taker_bed.hpp"
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::gate;
using testing::make_taker;
using testing::taker;
using testing::unwatched;
using testing::with_workers;

TEST(TurnPool, GivesATakerTurnsUntilNothingIsLeft) {
  turn_pool pool{unwatched(2)};
  const auto t = make_taker();
  t->give(pool, 100);
  ASSERT_TRUE(t->had(100));
  t->give(pool, 10);
  ASSERT_TRUE(t->had(110));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(t->turns(), 110);
}

TEST(TurnPool, HasAsManyWorkersAsItIsAskedForAtMost) {
  turn_pool pool{unwatched(3)};
  std::latch all_here{3};
  std::vector<std::shared_ptr<taker>> takers;
  for (int i = 0; i < 3; ++i) takers.push_back(make_taker([&](turn_ticket&) { all_here.arrive_and_wait(); }));
  for (int i = 0; i < 20; ++i) takers.push_back(make_taker());
  for (const auto& t : takers) t->give(pool);
  for (const auto& t : takers) EXPECT_TRUE(t->had(1));
  EXPECT_EQ(pool.now().threads, 3U);
  EXPECT_EQ(pool.now().workers, 3U);
}

TEST(TurnPool, NeverTakesTwoTurnsOfOneTakerAtOnce) {
  constexpr int submitters = 4;
  constexpr int items = 1'000;
  turn_pool pool{with_workers(3)};
  std::vector<std::shared_ptr<taker>> takers;
  for (int i = 0; i < 5; ++i) takers.push_back(make_taker());
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < submitters; ++s)
      threads.emplace_back([&] {
        for (int n = 0; n < items; ++n)
          for (const auto& t : takers) t->give(pool);
      });
  }
  for (const auto& t : takers) {
    EXPECT_TRUE(t->had(submitters * items));
    EXPECT_TRUE(t->alone());
  }
  EXPECT_TRUE(pool.stop(30s));
  for (const auto& t : takers) EXPECT_EQ(t->turns(), submitters * items);
}

TEST(TurnPool, TellsATurnWhenItIsSpent) {
  turn_pool pool{with_workers(1)};
  std::atomic<bool> was_told{false};
  const auto t = make_taker([&](turn_ticket& ticket) {
    EXPECT_FALSE(ticket.spent());
    was_told = eventually([&] {
      ticket.count_item();
      return ticket.spent();
    });
  });
  t->give(pool);
  EXPECT_TRUE(t->had(1));
  EXPECT_TRUE(was_told);
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPool, LeavesATurnThatMakesProgressOnItsThread) {
  auto options = with_workers(1);
  options.tick = 100ms;
  turn_pool pool{options};
  const auto t = make_taker([](turn_ticket& ticket) {
    EXPECT_TRUE(eventually([&] {
      ticket.count_item();
      return ticket.spent();
    }));
  });
  t->give(pool, 2);
  EXPECT_TRUE(t->had(2));
  EXPECT_EQ(pool.now().handed_over, 0U);
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPool, TakesTurnsThatAreAskedForInTurns) {
  constexpr int rounds = 5'000;
  turn_pool pool{with_workers(2)};
  std::atomic<int> left{rounds};
  std::weak_ptr<taker> ping;
  std::weak_ptr<taker> pong;
  const auto first = make_taker([&](turn_ticket&) {
    if (left-- > 0) pong.lock()->give(pool);
  });
  const auto second = make_taker([&](turn_ticket&) { ping.lock()->give(pool); });
  ping = first;
  pong = second;
  first->give(pool);
  EXPECT_TRUE(first->had(rounds + 1));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(second->turns(), rounds);
}

TEST(TurnPool, StopsWithNothingToWaitFor) {
  turn_pool idle{unwatched(2)};
  EXPECT_TRUE(idle.stop(30s));
  EXPECT_TRUE(idle.stop(0ms)) << "it may be said again";
}

TEST(TurnPool, WaitsForTurnsUnderWayWhenItStops) {
  turn_pool pool{with_workers(2)};
  gate wakes_up;
  std::atomic<bool> begun{false};
  const auto t = make_taker([&](turn_ticket&) {
    begun = true;
    wakes_up.wait();
  });
  t->give(pool, 2);
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  std::atomic<bool> stopped{false};
  std::jthread stops{[&] {
    EXPECT_TRUE(pool.stop(30s));
    stopped = true;
  }};
  EXPECT_FALSE(stopped);
  wakes_up.open();
  stops.join();
  EXPECT_EQ(pool.now().threads, 0U);
  EXPECT_GE(t->turns(), 1);
}

TEST(TurnPool, TakesNoTurnThatWasNotBegunOnceItIsStopped) {
  turn_pool pool{with_workers(1)};
  gate wakes_up;
  std::atomic<bool> begun{false};
  const auto t = make_taker([&](turn_ticket&) {
    begun = true;
    wakes_up.wait();
  });
  t->give(pool, 2);
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  EXPECT_FALSE(pool.stop(0ms));
  wakes_up.open();
  EXPECT_TRUE(pool.stop(30s)) << "it may be said again";
  make_taker()->give(pool);
  EXPECT_EQ(pool.now().threads, 0U);
  EXPECT_EQ(t->turns(), 1);
}

TEST(TurnPool, GivesUpOnTurnsThatDoNotReturnBeforeTheDeadline) {
  gate wakes_up;
  std::atomic<bool> begun{false};
  auto t = make_taker([&](turn_ticket&) {
    begun = true;
    wakes_up.wait();
  });
  const std::weak_ptr<taker> watched{t};
  {
    turn_pool pool{with_workers(2)};
    std::exchange(t, nullptr)->give(pool);
    ASSERT_TRUE(eventually([&] { return begun.load(); }));
    EXPECT_FALSE(pool.stop(10ms));
  }
  EXPECT_FALSE(watched.expired());
  wakes_up.open();
  EXPECT_TRUE(eventually([&] { return watched.expired(); })) << "the thread ends by itself though the pool is gone";
}

TEST(TurnPool, StopsWhileManySubmit) {
  for (int round = 0; round < 20; ++round) {
    turn_pool pool{with_workers(2)};
    std::atomic<int> begun{0};
    std::vector<std::shared_ptr<taker>> takers;
    for (int i = 0; i < 3; ++i)
      takers.push_back(make_taker([&, i](turn_ticket&) {
        ++begun;
        if (i == 0) const blocking_scope waits;
      }));
    std::vector<std::jthread> threads;
    for (int s = 0; s < 2; ++s)
      threads.emplace_back([&](std::stop_token stop) {
        while (!stop.stop_requested())
          for (const auto& t : takers) t->give(pool);
      });
    ASSERT_TRUE(eventually([&] { return begun > 50; }));
    EXPECT_TRUE(pool.stop(30s));
    const auto at_stop = begun.load();
    threads.clear();
    EXPECT_EQ(begun, at_stop) << "no turn begins once stop has returned";
    for (const auto& t : takers) EXPECT_TRUE(t->alone());
  }
}

}  // namespace
}  // namespace streamspace
