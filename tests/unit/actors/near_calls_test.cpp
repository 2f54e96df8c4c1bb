#include <gtest/gtest.h>

#include <streamspace/actors/near_calls.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

void serve(near_calls& calls, int times, std::chrono::nanoseconds after) {
  for (int i = 0; i < times; ++i) calls.served_after(after);
}

TEST(NearCalls, AreCountedOnOnceManyInARowWereServedSoon) {
  near_calls calls;
  serve(calls, 63, 10us);
  EXPECT_FALSE(calls.are_served_soon());
  serve(calls, 1, 10us);
  EXPECT_TRUE(calls.are_served_soon());
}

TEST(NearCalls, AreNotCountedOnAfterALateOne) {
  near_calls calls;
  serve(calls, 10'000, 10us);
  serve(calls, 1, 3ms);
  EXPECT_FALSE(calls.are_served_soon());
}

TEST(NearCalls, AreMostlyCountedOnWhenOneInAThousandComesLate) {
  near_calls calls;
  int counted_on = 0;
  for (int i = 0; i < 100'000; ++i) {
    counted_on += calls.are_served_soon() ? 1 : 0;
    serve(calls, 1, i % 1'000 == 999 ? 3ms : 10us);
  }
  EXPECT_GT(counted_on, 70'000);
}

TEST(NearCalls, AreSeldomCountedOnWhenOneInAHundredComesLate) {
  near_calls calls;
  int counted_on = 0;
  for (int i = 0; i < 100'000; ++i) {
    counted_on += calls.are_served_soon() ? 1 : 0;
    serve(calls, 1, i % 100 == 99 ? 3ms : 10us);
  }
  EXPECT_LT(counted_on, 100);
}

}  // namespace
}  // namespace streamspace
