#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/deadline_timer.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using clock = deadline_timer::clock;

TEST(DeadlineTimer, CallsAtTheDeadlineAndNotBefore) {
  deadline_timer timer;
  const auto deadline = clock::now() + 5ms;
  std::promise<clock::time_point> called;
  timer.at(deadline, [&] { called.set_value(clock::now()); });
  EXPECT_GE(called.get_future().get(), deadline);
}

TEST(DeadlineTimer, CallsAtOnceWhatIsOverdue) {
  deadline_timer timer;
  std::atomic<int> calls{0};
  timer.at(clock::now() - 1h, [&] { ++calls; });
  timer.at(clock::time_point::min(), [&] { ++calls; });
  EXPECT_TRUE(eventually([&] { return calls == 2; }));
}

TEST(DeadlineTimer, SeesASoonerDeadlineThoughItSleepsUntilALaterOne) {
  deadline_timer timer;
  std::atomic<bool> later{false};
  std::promise<void> sooner;
  timer.at(clock::now() + 1h, [&] { later = true; });
  timer.at(clock::now() + 1ms, [&] { sooner.set_value(); });
  EXPECT_EQ(sooner.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_FALSE(later);
  EXPECT_EQ(timer.waiting(), 1U);
}

TEST(DeadlineTimer, LeavesNothingOfWhatIsCancelled) {
  deadline_timer timer;
  const auto held = std::make_shared<int>(0);
  std::vector<deadline_timer::ticket> tickets;
  for (int i = 0; i < 1'000; ++i) tickets.push_back(timer.at(clock::now() + 1h, [held] { ++*held; }));
  EXPECT_EQ(timer.waiting(), 1'000U);
  for (const auto& t : tickets) EXPECT_TRUE(timer.cancel(t));
  EXPECT_EQ(timer.waiting(), 0U);
  EXPECT_EQ(held.use_count(), 1);
  for (const auto& t : tickets) EXPECT_FALSE(timer.cancel(t));
  timer.stop();
  EXPECT_EQ(*held, 0);
}

TEST(DeadlineTimer, CallsWhatIsLeftWhenItStopsAndWhatComesAfterwardsInTheCall) {
  deadline_timer timer;
  std::atomic<int> calls{0};
  for (int i = 0; i < 200; ++i) timer.at(clock::now() + 1h, [&] { ++calls; });
  timer.stop();
  EXPECT_EQ(calls, 200);
  const auto ticket = timer.at(clock::now() + 1h, [&] { ++calls; });
  EXPECT_EQ(calls, 201);
  EXPECT_FALSE(timer.cancel(ticket));
}

TEST(DeadlineTimer, MayBeAskedForMoreInACallback) {
  deadline_timer timer;
  std::promise<void> second;
  timer.at(clock::now(), [&] { timer.at(clock::now(), [&] { second.set_value(); }); });
  EXPECT_EQ(second.get_future().wait_for(30s), std::future_status::ready);
}

TEST(DeadlineTimer, MayBeDestroyedInACallback) {
  auto timer = std::make_unique<deadline_timer>();
  auto& it = *timer;
  std::promise<void> gone;
  std::promise<void> last;
  it.at(clock::now() + 1h, [&] { last.set_value(); });
  it.at(clock::now(), [&] {
    timer.reset();
    gone.set_value();
  });
  EXPECT_EQ(gone.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_EQ(last.get_future().wait_for(30s), std::future_status::ready) << "what was left is called";
}

TEST(DeadlineTimer, CallsOrCancelsEachOfThoseThatManyThreadsAdd) {
  constexpr int threads = 4;
  constexpr int each = 2'000;
  std::atomic<int> calls{0};
  std::atomic<int> cancelled{0};
  {
    deadline_timer timer;
    std::vector<std::jthread> adding;
    for (int t = 0; t < threads; ++t)
      adding.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          const auto ticket = timer.at(clock::now() + std::chrono::microseconds{(i * 7 + t) % 50}, [&] { ++calls; });
          if (i % 2 == 0 && timer.cancel(ticket)) ++cancelled;
        }
      });
    adding.clear();
  }
  EXPECT_EQ(calls + cancelled, threads * each);
}

}  // namespace
}  // namespace streamspace
