#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "eventually.hpp"
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/actors/turn_ticket.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

/// Has items; handles one a turn.
class taker final : public turn_taker {
 public:
  using work = std::function<void(turn_ticket&)>;

  explicit taker(work w = {}, std::string name = "taker") : name_{std::move(name)}, work_{std::move(w)} {}

  /// Adds items and hands the duty, if it falls to the caller, to the pool.
  void give(turn_pool& pool, int items = 1) {
    if (add(items)) pool.submit(shared_from_this());
  }
  /// Whether the caller has the duty now.
  bool add(int items = 1) {
    std::lock_guard lock{mutex_};
    items_ += items;
    return !std::exchange(duty_taken_, true);
  }
  /// No turn after the next.
  void end() { ended_ = true; }

  const std::string& name() const noexcept override { return name_; }
  void run_slice(turn_ticket& ticket) noexcept override {
    if (in_turn_.fetch_add(1) != 0) alone_ = false;
    {
      std::lock_guard lock{mutex_};
      if (items_ > 0) --items_;
    }
    ticket.count_item();
    if (work_) work_(ticket);
    ++unguarded_;
    in_turn_.fetch_sub(1);
    ++turns_;
  }
  bool end_turn() noexcept override {
    std::lock_guard lock{mutex_};
    return duty_taken_ = items_ > 0;
  }
  bool begin_turn() noexcept override {
    std::lock_guard lock{mutex_};
    return !std::exchange(duty_taken_, true);
  }
  void stands_still(std::chrono::milliseconds) noexcept override {}
  bool has_ended() const noexcept override { return ended_; }

  int turns() const { return turns_; }
  bool had(int turns) const {
    return eventually([&] { return turns_ >= turns; });
  }
  bool alone() const { return alone_; }

 private:
  const std::string name_;
  const work work_;
  std::mutex mutex_;
  int items_ = 0;
  bool duty_taken_ = false;
  std::atomic<bool> ended_{false};
  std::atomic<int> in_turn_{0};
  std::atomic<int> turns_{0};
  std::atomic<bool> alone_{true};
  int unguarded_ = 0;  ///< A sanitizer sees it if two turns touch it.
};

std::shared_ptr<taker> make(taker::work w = {}, std::string name = "taker") {
  return std::make_shared<taker>(std::move(w), std::move(name));
}

/// With a watchdog that does not come by while the test runs.
turn_pool_options unwatched(std::size_t workers) {
  turn_pool_options options;
  options.workers = workers;
  options.tick = 1h;
  return options;
}
turn_pool_options with_workers(std::size_t workers) {
  turn_pool_options options;
  options.workers = workers;
  return options;
}

/// Opens at the latest when it goes, so that a failed test does not hang.
class gate {
 public:
  ~gate() { open(); }
  void open() {
    if (!opened_.exchange(true)) latch_.count_down();
  }
  void wait() const { latch_.wait(); }

 private:
  std::atomic<bool> opened_{false};
  std::latch latch_{1};
};

TEST(TurnPool, GivesATakerTurnsUntilNothingIsLeft) {
  turn_pool pool{unwatched(2)};
  const auto t = make();
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
  for (int i = 0; i < 3; ++i) takers.push_back(make([&](turn_ticket&) { all_here.arrive_and_wait(); }));
  for (int i = 0; i < 20; ++i) takers.push_back(make());
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
  for (int i = 0; i < 5; ++i) takers.push_back(make());
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

TEST(TurnPool, LosesAndDoublesNoTurnWhileTakersMoveBetweenThePoolAndThreadsOfTheirOwn) {
  constexpr int items = 300;
  auto options = with_workers(2);
  options.tick = 1ms;
  options.behaves_after = 2ms;
  turn_pool pool{options};
  std::vector<std::shared_ptr<taker>> takers;
  for (unsigned i = 0; i < 4; ++i)
    takers.push_back(make([random = std::minstd_rand{i + 1}](turn_ticket&) mutable {
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

TEST(TurnPool, GoesOnWithOthersThoughEveryWorkerIsAsleepInATurn) {
  turn_pool pool{with_workers(2)};
  gate wakes_up;
  std::vector<std::shared_ptr<taker>> sleepers;
  for (int i = 0; i < 6; ++i) sleepers.push_back(make([&](turn_ticket&) { wakes_up.wait(); }));
  for (const auto& s : sleepers) s->give(pool);
  const auto other = make();
  other->give(pool, 10);
  EXPECT_TRUE(other->had(10));
  for (const auto& s : sleepers) EXPECT_EQ(s->turns(), 0);
  EXPECT_TRUE(eventually([&] { return pool.now().own == 6; }));
  wakes_up.open();
  for (const auto& s : sleepers) EXPECT_TRUE(s->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPool, HandsOverAtOnceWhenATurnSaysThatItBlocks) {
  turn_pool pool{unwatched(1)};
  gate wakes_up;
  std::atomic<bool> blocks{false};
  const auto sleeper = make([&](turn_ticket&) {
    const blocking_scope waits;
    const blocking_scope waits_within;
    blocks = true;
    wakes_up.wait();
  });
  sleeper->give(pool);
  ASSERT_TRUE(eventually([&] { return blocks.load(); }));
  const auto other = make();
  other->give(pool);
  EXPECT_TRUE(other->had(1));
  EXPECT_EQ(pool.now().handed_over, 1U);
  EXPECT_EQ(pool.now().own, 1U);
  wakes_up.open();
  EXPECT_TRUE(sleeper->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPool, HandsOverWhatWaitsAlreadyWhenATurnSaysThatItBlocks) {
  turn_pool pool{unwatched(1)};
  const auto other = make();
  const auto sleeper = make([&](turn_ticket&) {
    other->give(pool);
    const blocking_scope waits;
    EXPECT_TRUE(other->had(1));
  });
  sleeper->give(pool);
  EXPECT_TRUE(sleeper->had(1));
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPool, KeepsAThreadForATakerThatTheWatchdogFoundBlocking) {
  auto options = with_workers(1);
  options.behaves_after = 1h;
  turn_pool pool{options};
  gate wakes_up;
  std::vector<std::thread::id> threads;
  std::vector<executor_kind> executors;
  std::weak_ptr<taker> self;
  const auto t = make([&](turn_ticket&) {
    threads.push_back(std::this_thread::get_id());
    executors.push_back(self.lock()->executor());
    if (threads.size() == 1) wakes_up.wait();
  });
  self = t;
  t->give(pool);
  ASSERT_TRUE(eventually([&] { return pool.now().own == 1; }));
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

TEST(TurnPool, KeepsAThreadForATakerThatHasSaidSeveralTimesThatItBlocks) {
  auto options = unwatched(1);
  options.behaves_after = 1h;
  turn_pool pool{options};
  std::vector<executor_kind> executors;
  std::weak_ptr<taker> self;
  const auto t = make([&](turn_ticket&) {
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

TEST(TurnPool, TakesATakerBackOnceItHasBehavedForAWhile) {
  auto options = with_workers(1);
  options.behaves_after = 20ms;
  turn_pool pool{options};
  gate wakes_up;
  std::atomic<bool> first{true};
  std::weak_ptr<taker> self;
  std::atomic<executor_kind> last{executor_kind::own};
  const auto t = make([&](turn_ticket&) {
    last = self.lock()->executor();
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

TEST(TurnPool, ReportsATurnThatStandsStillAndAgainWhenThatTimeHasDoubled) {
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
  const auto t = make([&](turn_ticket&) { wakes_up.wait(); }, "sleeper");
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

TEST(TurnPool, TellsATurnWhenItIsSpent) {
  turn_pool pool{with_workers(1)};
  std::atomic<bool> was_told{false};
  const auto t = make([&](turn_ticket& ticket) {
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
  const auto t = make([](turn_ticket& ticket) {
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
  const auto first = make([&](turn_ticket&) {
    if (left-- > 0) pong.lock()->give(pool);
  });
  const auto second = make([&](turn_ticket&) { ping.lock()->give(pool); });
  ping = first;
  pong = second;
  first->give(pool);
  EXPECT_TRUE(first->had(rounds + 1));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(second->turns(), rounds);
}

TEST(TurnPool, TakesATurnOnTheCallersThreadAndWhatIsLeftOnItsOwn) {
  turn_pool pool{unwatched(1)};
  std::vector<std::thread::id> threads;
  const auto t = make([&](turn_ticket&) { threads.push_back(std::this_thread::get_id()); });
  ASSERT_TRUE(t->add(1));
  pool.run_here(*t);
  EXPECT_EQ(t->turns(), 1);
  EXPECT_EQ(pool.now().threads, 0U);
  ASSERT_TRUE(t->add(3));
  pool.run_here(*t);
  EXPECT_TRUE(t->had(4));
  EXPECT_TRUE(pool.stop(30s));
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_EQ(threads[1], std::this_thread::get_id());
  EXPECT_NE(threads[2], std::this_thread::get_id());
}

TEST(TurnPool, HasNoMoreThreadsThanItMayThoughMoreBlock) {
  auto options = unwatched(1);
  options.most_threads = 3;
  turn_pool pool{options};
  gate wakes_up;
  std::atomic<int> asleep{0};
  std::vector<std::shared_ptr<taker>> sleepers;
  for (int i = 0; i < 5; ++i) {
    sleepers.push_back(make([&](turn_ticket&) {
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

TEST(TurnPool, KeepsNoThreadOfTakersThatHaveEnded) {
  constexpr int takers = 1'000;
  constexpr std::size_t at_a_time = 20;
  auto options = unwatched(2);
  options.behaves_after = 1h;
  turn_pool pool{options};
  std::vector<std::weak_ptr<taker>> all;
  std::vector<std::shared_ptr<taker>> present;
  for (int i = 0; i < takers; ++i) {
    auto t = make([](turn_ticket&) { const blocking_scope waits; });
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

TEST(TurnPool, StopsWithNothingToWaitFor) {
  turn_pool idle{unwatched(2)};
  EXPECT_TRUE(idle.stop(30s));
  EXPECT_TRUE(idle.stop(0ms)) << "it may be said again";
}

TEST(TurnPool, WaitsForTurnsUnderWayWhenItStops) {
  turn_pool pool{with_workers(2)};
  gate wakes_up;
  std::atomic<bool> begun{false};
  const auto t = make([&](turn_ticket&) {
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
  EXPECT_EQ(t->turns(), 1) << "what was not begun is not taken";
  make()->give(pool);
  EXPECT_EQ(pool.now().threads, 0U);
}

TEST(TurnPool, GivesUpOnTurnsThatDoNotReturnBeforeTheDeadline) {
  gate wakes_up;
  std::atomic<bool> begun{false};
  auto t = make([&](turn_ticket&) {
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
      takers.push_back(make([&, i](turn_ticket&) {
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
