#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/webhook/delivery_lane.hpp>

namespace streamspace::builtin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DeliveryLane : public ::testing::Test {
 protected:
  delivery a_delivery(long long row) { return {row, "e" + std::to_string(row), "session.created", "{}", 0}; }

  const retry_policy policy{
      .max_attempts = 3, .first_pause = milliseconds{1'000}, .longest_pause = milliseconds{60'000}};
  const delivery_lane::clock::time_point start = delivery_lane::clock::time_point{} + std::chrono::hours{1};
  delivery_lane lane{policy, token_bucket{1'000, 1'000}};
};

TEST_F(DeliveryLane, HasNothingToDoWhenItIsEmpty) {
  EXPECT_EQ(lane.next_attempt(), std::nullopt);
  EXPECT_EQ(lane.size(), 0U);
}

TEST_F(DeliveryLane, SendsOneAtATimeInOrder) {
  lane.add(a_delivery(1));
  lane.add(a_delivery(2));
  ASSERT_LE(lane.next_attempt(), start);
  EXPECT_EQ(lane.begin(start).row, 1);
  EXPECT_EQ(lane.next_attempt(), std::nullopt) << "one is under way";
  EXPECT_EQ(lane.size(), 2U);
  const auto first = lane.finish({200}, start, 0);
  EXPECT_EQ(first.outcome, verdict::delivered);
  EXPECT_EQ(first.what.row, 1);
  EXPECT_EQ(first.what.attempts, 1);
  EXPECT_EQ(lane.size(), 1U);
  EXPECT_EQ(lane.begin(start).row, 2);
}

TEST_F(DeliveryLane, HoldsLaterDeliveriesBackWhileOneIsTriedAgain) {
  lane.add(a_delivery(1));
  lane.add(a_delivery(2));
  lane.begin(start);
  EXPECT_EQ(lane.finish({503}, start, 0).outcome, verdict::retry);
  EXPECT_EQ(lane.next_attempt(), start + milliseconds{500});
  const auto later = start + seconds{1};
  EXPECT_EQ(lane.begin(later).row, 1);
  EXPECT_EQ(lane.finish({503}, later, 0).outcome, verdict::retry);
  EXPECT_EQ(lane.next_attempt(), later + milliseconds{1'000});
  EXPECT_EQ(lane.begin(later + seconds{1}).row, 1);
  const auto last = lane.finish({503}, later + seconds{1}, 0);
  EXPECT_EQ(last.outcome, verdict::failed);
  EXPECT_EQ(last.what.attempts, 3);
  EXPECT_LE(*lane.next_attempt(), later + seconds{1}) << "the next one need not wait";
  EXPECT_EQ(lane.begin(later + seconds{1}).row, 2);
}

TEST_F(DeliveryLane, WaitsForTheRate) {
  delivery_lane slow{policy, token_bucket{1, 1}};
  slow.add(a_delivery(1));
  slow.add(a_delivery(2));
  slow.begin(start);
  slow.finish({200}, start, 0);
  EXPECT_EQ(slow.next_attempt(), start + seconds{1});
}

TEST_F(DeliveryLane, CountsAttemptsOnThatWereMadeBefore) {
  auto tried = a_delivery(1);
  tried.attempts = 2;
  lane.add(tried);
  lane.begin(start);
  EXPECT_EQ(lane.finish({503}, start, 0).outcome, verdict::failed);
}

TEST_F(DeliveryLane, AbandonsWhatIsUnderWay) {
  lane.add(a_delivery(1));
  lane.add(a_delivery(2));
  lane.begin(start);
  EXPECT_TRUE(lane.under_way());
  EXPECT_EQ(lane.abandon().row, 1);
  EXPECT_FALSE(lane.under_way());
  EXPECT_EQ(lane.size(), 1U);
}

}  // namespace
}  // namespace streamspace::builtin
