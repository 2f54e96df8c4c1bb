#include <gtest/gtest.h>

#include <streamspace/actors/log_limit.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

TEST(LogLimit, LetsOneLineThroughInAWhileAndCountsTheOthers) {
  log_limit limit{1s};
  const log_limit::clock::time_point begun{};
  EXPECT_EQ(limit.admit(begun), 0U) << "the first line is let through whatever the clock says";
  EXPECT_FALSE(limit.admit(begun));
  EXPECT_FALSE(limit.admit(begun + 999ms));
  EXPECT_EQ(limit.admit(begun + 1s), 2U);
  EXPECT_FALSE(limit.admit(begun + 1999ms));
  EXPECT_EQ(limit.admit(begun + 2s), 1U);
  EXPECT_EQ(limit.admit(begun + 1h), 0U);
}

}  // namespace
}  // namespace streamspace
