#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "inbox_bed.hpp"

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::result;
using testing::sized;

struct Inbox : testing::inbox_bed {};

TEST_F(Inbox, GivesTheDutyToThePushThatFindsNobodyHavingIt) {
  EXPECT_EQ(push(1), result::accepted_wake);
  EXPECT_EQ(push(2), result::accepted);
  EXPECT_EQ(box.push_control("3"), result::accepted);
  EXPECT_EQ(box.push_request(4), result::accepted);
  EXPECT_EQ(box.push_mark("5"), result::accepted);
  drain();
  EXPECT_EQ(push(6), result::accepted) << "the turn is not over";
  EXPECT_TRUE(box.end_turn()) << "something is left";
  EXPECT_EQ(push(7), result::accepted);
  drain();
  EXPECT_FALSE(box.end_turn());
  EXPECT_EQ(box.push_request(8), result::accepted_wake);
}

TEST_F(Inbox, GivesTheDutyToWhoBeginsATurnIfNobodyHasIt) {
  EXPECT_TRUE(box.begin_turn());
  EXPECT_FALSE(box.begin_turn());
  EXPECT_EQ(push(1), result::accepted);
  take();
  EXPECT_FALSE(box.end_turn());
  EXPECT_TRUE(box.begin_turn());
}

TEST_F(Inbox, KeepsTheDutyForWhateverIsLeftInALane) {
  box.begin_turn();
  box.push_control("c");
  EXPECT_TRUE(box.end_turn());
  box.pop_control();
  box.push_request(1);
  EXPECT_TRUE(box.end_turn());
  box.pop_request();
  box.push_mark("m");
  EXPECT_TRUE(box.end_turn());
  box.pop_mark();
  EXPECT_FALSE(box.end_turn());
}

TEST_F(Inbox, EndsATurnThatIsForTasksOnlyThoughEventsAreLeft) {
  push(1);
  box.push_request(2);
  box.push_mark("m");
  EXPECT_FALSE(box.end_turn(false));
  EXPECT_TRUE(box.begin_turn());
  box.push_control("c");
  EXPECT_TRUE(box.end_turn(false));
}

TEST_F(Inbox, KeepsTheOrderOfEachLane) {
  push(5);
  box.push_request(3);
  push(6);
  box.push_control("1");
  box.push_request(4);
  box.push_control("2");
  EXPECT_EQ(box.size(), 6U);
  EXPECT_THAT(drain(), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_EQ(box.size(), 0U);
}

TEST(InboxOfBatches, GivesNoMoreEventsAtOnceThanABatchHolds) {
  testing::box_type box{{}, 3};
  box.set_open(true, true);
  for (int i = 1; i <= 4; ++i) box.push_event({i, 1});
  auto taken = box.take_events(nullptr);
  ASSERT_EQ(taken->size(), 3U);
  EXPECT_EQ((*taken)[2], 3);
  taken = box.take_events(std::move(taken));
  ASSERT_EQ(taken->size(), 1U);
  EXPECT_EQ((*taken)[0], 4);
  EXPECT_EQ(box.take_events(std::move(taken)), nullptr);
}

TEST_F(Inbox, SaysWhenATaskOrARequestWaits) {
  EXPECT_FALSE(box.urgent());
  push(1);
  box.push_mark("m");
  EXPECT_FALSE(box.urgent()) << "these can wait for the batch to end";
  box.push_request(2);
  box.push_control("c");
  EXPECT_TRUE(box.urgent());
  box.pop_control();
  EXPECT_TRUE(box.urgent());
  box.pop_request();
  EXPECT_FALSE(box.urgent());
  box.push_request(2);
  box.discard();
  EXPECT_FALSE(box.urgent());
}

TEST(InboxLimits, LeavesWhatIsPastTheBoundOfItsLaneToTheCaller) {
  struct owned {
    std::unique_ptr<int> value;
    std::size_t bytes() const { return 1; }
  };
  inbox<int, std::unique_ptr<int>, owned> box{{.events = 1, .requests = 1}};
  using box_result = decltype(box)::push_result;
  box.set_open(true, true);
  box.push_event({std::make_unique<int>(1)});
  owned second{std::make_unique<int>(2)};
  EXPECT_EQ(box.push_event(std::move(second)), box_result::full);
  EXPECT_NE(second.value, nullptr);
  auto request = std::make_unique<int>(3);
  EXPECT_EQ(box.push_request(std::move(request)), box_result::accepted) << "its lane has room";
  request = std::make_unique<int>(4);
  EXPECT_EQ(box.push_request(std::move(request)), box_result::full);
  EXPECT_NE(request, nullptr);
}

TEST_F(Inbox, HasRoomAgainOnceSomethingIsTaken) {
  for (int i = 1; i <= 4; ++i) EXPECT_NE(push(i), result::full);
  EXPECT_EQ(push(5), result::full);
  take(1);
  EXPECT_EQ(push(5), result::accepted);
  EXPECT_THAT(take(), ElementsAre(2, 3, 4, 5));
}

TEST_F(Inbox, CountsTheBytesOfItsEvents) {
  push(1, 60);
  EXPECT_EQ(push(2, 41), result::full);
  EXPECT_EQ(push(3, 40), result::accepted);
  EXPECT_EQ(box.event_bytes(), 100U);
  EXPECT_EQ(push(4), result::full);
  take(1);
  EXPECT_EQ(box.event_bytes(), 40U);
  EXPECT_EQ(push(5, 60), result::accepted);
}

TEST_F(Inbox, TakesAnEventLargerThanTheBoundWhenItIsAlone) {
  EXPECT_EQ(push(1, 1'000), result::accepted_wake);
  EXPECT_EQ(push(2), result::full);
  take();
  push(2);
  EXPECT_EQ(push(3, 1'000), result::full);
}

TEST_F(Inbox, MakesRoomByGivingUpTheOldestEvents) {
  std::vector<sized> evicted;
  push(1, 40);
  push(2, 30);
  push(3, 30);
  EXPECT_EQ(box.push_event_evicting({4, 50}, evicted), result::accepted);
  EXPECT_THAT(evicted, ElementsAre(1, 2)) << "as many as it takes";
  EXPECT_EQ(box.push_event_evicting({5, 500}, evicted), result::accepted);
  EXPECT_THAT(evicted, ElementsAre(1, 2, 3, 4)) << "added at the end";
  EXPECT_EQ(box.event_bytes(), 500U);
  EXPECT_THAT(take(), ElementsAre(5));
}

TEST_F(Inbox, GivesUpNothingWhenThereIsRoomOrTheGateIsShut) {
  std::vector<sized> evicted;
  EXPECT_EQ(box.push_event_evicting({1}, evicted), result::accepted_wake);
  for (int i = 2; i <= 4; ++i) push(i);
  box.set_open(false, false);
  EXPECT_EQ(box.push_event_evicting({5}, evicted), result::shut);
  box.close("last");
  EXPECT_EQ(box.push_event_evicting({5}, evicted), result::closed);
  EXPECT_THAT(evicted, IsEmpty());
}

}  // namespace
}  // namespace streamspace
