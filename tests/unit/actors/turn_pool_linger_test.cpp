// Workers that stay with a taker for a while, and turns that are asked for together.
#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "taker_bed.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::make_taker;
using testing::unwatched;

/// Workers that look for more for as long as a test lasts.
turn_pool_options patient(std::size_t workers) {
  auto options = unwatched(workers);
  options.look_for = std::chrono::hours{1};
  return options;
}

class TurnPoolLinger : public ::testing::Test {
 protected:
  TurnPoolLinger() {
    one->let_linger();
    one->give(pool);
    EXPECT_TRUE(eventually([&] { return one->lingers(); }));
  }

  turn_pool pool{patient(1)};
  const std::shared_ptr<testing::taker> one = make_taker();
};

TEST_F(TurnPoolLinger, HandlesWhatComesWithoutBeingAsked) {
  for (int n = 2; n < 100; ++n) {
    EXPECT_FALSE(one->add()) << "the worker has the duty";
    ASSERT_TRUE(one->had(n));
  }
}

TEST_F(TurnPoolLinger, LosesTheDutyToWhoeverTakesIt) {
  ASSERT_TRUE(one->take_from_lingering());
  EXPECT_FALSE(one->add()) << "it is ours now";
  const auto two = make_taker();
  two->give(pool);
  ASSERT_TRUE(two->had(1)) << "the worker goes on";
  EXPECT_EQ(one->turns(), 1) << "and not with what is ours";
  ASSERT_TRUE(one->end_turn());
  pool.submit(one);
  EXPECT_TRUE(one->had(2));
  EXPECT_TRUE(one->alone());
}

TEST_F(TurnPoolLinger, EndsWhenAnotherTakerWantsATurn) {
  const auto two = make_taker();
  two->give(pool);
  EXPECT_TRUE(two->had(1));
  EXPECT_TRUE(one->add()) << "the duty is given back";
}

TEST_F(TurnPoolLinger, EndsWithThePool) {
  EXPECT_TRUE(pool.stop(30s));
}

TEST(TurnPoolTogether, AsksForNoTurnBeforeTheScopeEnds) {
  turn_pool pool{unwatched(2)};
  const auto one = make_taker();
  const auto two = make_taker();
  {
    const turn_pool::together outer;
    one->give(pool);
    {
      const turn_pool::together inner;
      two->give(pool);
    }
    EXPECT_EQ(pool.now().queued, 0U);
    EXPECT_EQ(one->turns() + two->turns(), 0);
  }
  EXPECT_TRUE(one->had(1));
  EXPECT_TRUE(two->had(1));
}

TEST(TurnPoolTogether, ServesSeveralPoolsInOneScope) {
  turn_pool pool{unwatched(1)};
  turn_pool other{unwatched(1)};
  const auto one = make_taker();
  const auto two = make_taker();
  {
    const turn_pool::together scope;
    one->give(pool);
    two->give(other);
  }
  EXPECT_TRUE(one->had(1));
  EXPECT_TRUE(two->had(1));
  EXPECT_EQ(pool.now().threads, 1U);
  EXPECT_EQ(other.now().threads, 1U);
}

}  // namespace
}  // namespace streamspace
