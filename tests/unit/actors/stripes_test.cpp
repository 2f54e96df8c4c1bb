#include <algorithm>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/stripes.hpp>

namespace streamspace {
namespace {

/// Runs `body` on so many threads, all of which have a number before the first ends.
template <class Body>
void on_threads(int how_many, Body body) {
  std::latch all_there{how_many};
  std::vector<std::jthread> threads;
  for (int i = 0; i < how_many; ++i)
    threads.emplace_back([&] {
      number_of_this_thread();
      all_there.arrive_and_wait();
      body();
    });
}

TEST(ThreadNumber, IsTheThreadsOwnAndGivenAgainWhenItHasEnded) {
  const auto numbers_of = [](int threads) {
    std::vector<std::uint32_t> numbers;
    std::mutex mutex;
    on_threads(threads, [&] {
      const std::lock_guard lock{mutex};
      numbers.push_back(number_of_this_thread());
      EXPECT_EQ(number_of_this_thread(), numbers.back());
    });
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  };
  const auto first = numbers_of(20);
  EXPECT_EQ(std::adjacent_find(first.begin(), first.end()), first.end());
  EXPECT_EQ(numbers_of(20), first);
}

TEST(Stripes, CountsWhatEveryThreadAdds) {
  constexpr int threads = 40;  // More than there are parts.
  constexpr std::uint64_t rounds = 5'000;
  stripes count;
  on_threads(threads, [&] {
    for (std::uint64_t i = 0; i < rounds; ++i) {
      count.mine().add(3);
      count.mine().subtract(1);
    }
  });
  EXPECT_EQ(count.sum(), threads * rounds * 2);
}

TEST(Stripes, AwaitsZeroInEveryPart) {
  stripes count;
  on_threads(20, [&] { count.mine().add(1); });
  int waits = 0;
  on_threads(20, [&] { count.mine().subtract(1); });
  count.await_zero([&] { ++waits; });
  EXPECT_EQ(waits, 0) << "threads that come again have the same numbers";
}

}  // namespace
}  // namespace streamspace
