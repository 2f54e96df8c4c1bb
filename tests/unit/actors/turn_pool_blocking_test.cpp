#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <string>
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

TEST(TurnPoolBlocking, LosesAndDoublesNoTurnWhileTakersMoveBetweenThePoolAndThreadsOfTheirOwn) {
  constexpr int items = 300;
  auto options = with_workers(2);
  options.tick = 1ms;
  options.behaves_after = 2ms;
  turn_pool pool{options};
  std::vector<std::shared_ptr<taker>> takers;
  for (unsigned i = 0; i < 4; ++i)
    takers.push_back(make_taker([random = std::minstd_rand{i + 1}](turn_ticket&) mutable {
      const auto what = random() % 64;
      if (what < 16) const blocking_scope waits;
      if (what == 0)
        for (int n = 0; n < 200; ++n) std::this_thread::yield();
    }));
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < 3; ++s)
      threads.emplace_back([&] {
        for (int n = 0; n < items; ++n) {
          for (const auto& t : takers) t->give(pool);
          if (n % 16 == 0) std::this_thread::yield();
        }
      });
  }
  for (const auto& t : takers) {
    EXPECT_TRUE(t->had(3 * items));
    EXPECT_TRUE(t->alone());
  }
  EXPECT_GT(pool.now().handed_over, 0U);
  EXPECT_TRUE(eventually([&] { return pool.now().own == 0; })) << "all have behaved for long enough";
  EXPECT_TRUE(pool.stop(30s));
  for (const auto& t : takers) EXPECT_EQ(t->turns(), 3 * items);
}

TEST(TurnPoolBlocking, GoesOnWithOthersThoughEveryWorkerIsAsleepInATurn) {
  turn_pool pool{with_workers(2)};
  gate wakes_up;
  std::vector<std::shared_ptr<taker>> sleepers;
  for (int i = 0; i < 6; ++i) sleepers.push_back(make_taker([&](turn_ticket&) { wakes_up.wait(); }));
  for (const auto& s : sleepers) s->give(pool);
  const auto other = make_taker();
  other->give(pool, 10);
  EXPECT_TRUE(other->had(10));
  for (const auto& s : sleepers) EXPECT_EQ(s->turns(), 0);
  EXPECT_TRUE(eventually([&] { return pool.now().own == 6; }));
  wakes_up.open();
  for (const auto& s : sleepers) EXPECT_TRUE(s->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolBlocking, HandsOverAtOnceWhenATurnSaysThatItBlocks) {
  turn_pool pool{unwatched(1)};
  gate wakes_up;
  std::atomic<bool> blocks{false};
  const auto sleeper = make_taker([&](turn_ticket&) {
    const blocking_scope waits;
    const blocking_scope waits_within;
    blocks = true;
    wakes_up.wait();
  });
  sleeper->give(pool);
  ASSERT_TRUE(eventually([&] { return blocks.load(); }));
  const auto other = make_taker();
  other->give(pool);
  EXPECT_TRUE(other->had(1));
  EXPECT_EQ(pool.now().handed_over, 1U);
  EXPECT_EQ(pool.now().own, 1U);
  wakes_up.open();
  EXPECT_TRUE(sleeper->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolBlocking, HandsOverWhatWaitsAlreadyWhenATurnSaysThatItBlocks) {
  turn_pool pool{unwatched(1)};
  const auto other = make_taker();
  const auto sleeper = make_taker([&](turn_ticket&) {
    other->give(pool);
    const blocking_scope waits;
    EXPECT_TRUE(other->had(1));
  });
  sleeper->give(pool);
  EXPECT_TRUE(sleeper->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolBlocking, KeepsAThreadForATakerThatTheWatchdogFoundBlocking) {
  auto options = with_workers(1);
  options.behaves_after = 1h;
  turn_pool pool{options};
  gate wakes_up;
  std::vector<std::thread::id> threads;
  std::vector<executor_kind> executors;
  std::weak_ptr<taker> self;
  const auto t = make_taker([&](turn_ticket&) {
    threads.push_back(std::this_thread::get_id());
    executors.push_back(self.lock()->executor());
    if (threads.size() == 1) wakes_up.wait();
  });
  self = t;
  t->give(pool);
  ASSERT_TRUE(eventually([&] { return pool.now().own == 1; }));
  EXPECT_TRUE(t->stood_still()) << "it is told";
  wakes_up.open();
  ASSERT_TRUE(t->had(1));
  t->give(pool, 2);
  ASSERT_TRUE(t->had(3));
  EXPECT_EQ(pool.now().own, 1U);
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(threads[1], threads[0]);
  EXPECT_EQ(threads[2], threads[0]);
  EXPECT_EQ(executors[0], executor_kind::pool);
  EXPECT_EQ(executors[2], executor_kind::own);
}

TEST(TurnPoolBlocking, KeepsAThreadForATakerThatHasSaidSeveralTimesThatItBlocks) {
  auto options = unwatched(1);
  options.behaves_after = 1h;
  turn_pool pool{options};
  std::vector<executor_kind> executors;
  std::weak_ptr<taker> self;
  const auto t = make_taker([&](turn_ticket&) {
    executors.push_back(self.lock()->executor());
    const blocking_scope waits;
  });
  self = t;
  t->give(pool, 5);
  ASSERT_TRUE(t->had(5));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_THAT(executors, ::testing::ElementsAre(executor_kind::pool, executor_kind::pool, executor_kind::pool,
                                                executor_kind::own, executor_kind::own));
}

TEST(TurnPoolBlocking, TakesATakerBackOnceItHasBehavedForAWhile) {
  auto options = with_workers(1);
  options.behaves_after = 20ms;
  turn_pool pool{options};
  gate wakes_up;
  std::atomic<bool> first{true};
  std::weak_ptr<taker> self;
  std::atomic<executor_kind> last{executor_kind::own};
  const auto t = make_taker([&](turn_ticket&) {
    if (const auto me = self.lock()) last = me->executor();
    if (first.exchange(false)) wakes_up.wait();
  });
  self = t;
  t->give(pool);
  ASSERT_TRUE(eventually([&] { return pool.now().own == 1; }));
  wakes_up.open();
  ASSERT_TRUE(t->had(1));
  EXPECT_TRUE(eventually([&] { return pool.now().own == 0; })) << "though it got no turn meanwhile";
  t->give(pool);
  ASSERT_TRUE(t->had(2));
  EXPECT_EQ(last, executor_kind::pool);
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolBlocking, ReportsATurnThatStandsStillAndAgainWhenThatTimeHasDoubled) {
  std::mutex mutex;
  std::vector<std::pair<std::string, std::chrono::milliseconds>> reports;
  auto options = with_workers(1);
  options.tick = 1ms;
  options.report_after = 20ms;
  options.report = [&](const std::string& who, std::chrono::milliseconds stands_still) {
    std::lock_guard lock{mutex};
    reports.emplace_back(who, stands_still);
  };
  turn_pool pool{options};
  gate wakes_up;
  const auto t = make_taker([&](turn_ticket&) { wakes_up.wait(); }, "sleeper");
  t->give(pool);
  const auto count = [&] {
    std::lock_guard lock{mutex};
    return reports.size();
  };
  EXPECT_TRUE(eventually([&] { return count() >= 2; }));
  wakes_up.open();
  EXPECT_TRUE(pool.stop(30s));
  ASSERT_GE(reports.size(), 2U);
  EXPECT_EQ(reports[0].first, "sleeper");
  EXPECT_GE(reports[0].second, 20ms);
  EXPECT_GE(reports[1].second, 2 * reports[0].second);
}

TEST(TurnPoolBlocking, HasNoMoreThreadsThanItMayThoughMoreBlock) {
  auto options = unwatched(1);
  options.most_threads = 3;
  turn_pool pool{options};
  gate wakes_up;
  std::atomic<int> asleep{0};
  std::vector<std::shared_ptr<taker>> sleepers;
  for (int i = 0; i < 5; ++i) {
    sleepers.push_back(make_taker([&](turn_ticket&) {
      const blocking_scope waits;
      ++asleep;
      wakes_up.wait();
    }));
    sleepers.back()->give(pool);
  }
  ASSERT_TRUE(eventually([&] { return asleep == 3; }));
  EXPECT_EQ(pool.now().threads, 3U);
  EXPECT_EQ(pool.now().queued, 2U);
  wakes_up.open();
  for (const auto& s : sleepers) EXPECT_TRUE(s->had(1)) << "it is only late";
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolBlocking, KeepsNoThreadOfTakersThatHaveEnded) {
  constexpr int takers = 1'000;
  constexpr std::size_t at_a_time = 20;
  auto options = unwatched(2);
  options.behaves_after = 1h;
  turn_pool pool{options};
  std::vector<std::weak_ptr<taker>> all;
  std::vector<std::shared_ptr<taker>> present;
  for (int i = 0; i < takers; ++i) {
    auto t = make_taker([](turn_ticket&) { const blocking_scope waits; });
    all.push_back(t);
    t->give(pool, 4);
    present.push_back(std::move(t));
    if (present.size() < at_a_time) continue;
    for (const auto& p : present) {
      ASSERT_TRUE(p->had(4)) << "it has a thread of its own now";
      p->end();
      p->give(pool);
    }
    present.clear();
  }
  EXPECT_TRUE(eventually([&] { return pool.now().own == 0; }));
  EXPECT_TRUE(eventually([&] { return pool.now().threads <= 4; })) << "its workers and as many at hand";
  EXPECT_TRUE(
      eventually([&] { return std::all_of(all.begin(), all.end(), [](const auto& t) { return t.expired(); }); }));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(pool.now().threads, 0U);
}

}  // namespace
}  // namespace streamspace
