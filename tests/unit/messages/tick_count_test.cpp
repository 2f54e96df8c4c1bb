#include <chrono>

#include <gtest/gtest.h>

#include <streamspace/messages/tick_count.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {
namespace {

using clock = std::chrono::steady_clock;

TEST(TickCount, GoesUpWithTime) {
  const auto before = clock::now();
  const auto first = tick_count();
  while (clock::now() - before < std::chrono::milliseconds{20}) continue;
  const auto passed = static_cast<double>(tick_count() - first) * nanoseconds_per_tick();
  const std::chrono::duration<double, std::nano> at_most = clock::now() - before;
  EXPECT_GE(passed, 19e6);
  EXPECT_LE(passed, at_most.count() * 1.001);
}

/// For long enough that the rate is settled in the middle of it.
TEST(Now, IsTheSystemsTime) {
  const auto end = clock::now() + std::chrono::milliseconds{150};
  do {
    const auto before = std::chrono::system_clock::now();
    const auto seen = now();
    ASSERT_GT(seen, before - std::chrono::microseconds{2});
    ASSERT_LT(seen, std::chrono::system_clock::now() + std::chrono::microseconds{1});
  } while (clock::now() < end);
  EXPECT_TRUE(is_tick_rate_settled());
}

}  // namespace
}  // namespace streamspace
