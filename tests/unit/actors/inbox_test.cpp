#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/inbox.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using result = inbox<int>::push_result;

std::vector<int> take(inbox<int>& from, std::size_t most = 1'000) {
  std::vector<int> batch;
  from.take(most, batch);
  return batch;
}

TEST(Inbox, AsksForATurnOnlyWhenItFindsTheConsumerIdle) {
  inbox<int> box{8};
  EXPECT_EQ(box.push(lane::events, 1), result::accepted_wake);
  EXPECT_EQ(box.push(lane::events, 2), result::accepted);
  EXPECT_EQ(box.push(lane::control, 3), result::accepted);
  take(box, 2);
  EXPECT_TRUE(box.turn_still_due()) << "an item is left";
  EXPECT_EQ(box.push(lane::events, 4), result::accepted) << "the turn that follows takes it";
  take(box);
  EXPECT_FALSE(box.turn_still_due());
  EXPECT_EQ(box.push(lane::events, 5), result::accepted_wake);
}

TEST(Inbox, TakesControlBeforeRequestsBeforeEvents) {
  inbox<int> box{8};
  box.push(lane::events, 5);
  box.push(lane::requests, 3);
  box.push(lane::events, 6);
  box.push(lane::control, 1);
  box.push(lane::requests, 4);
  box.push(lane::control, 2);
  EXPECT_THAT(take(box, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(take(box, 4), ElementsAre(5, 6));
}

TEST(Inbox, RefusesWhatIsPastTheBoundOfItsLaneAndLeavesItToTheCaller) {
  inbox<std::unique_ptr<int>> box{2};
  box.push(lane::events, std::make_unique<int>(1));
  box.push(lane::events, std::make_unique<int>(2));
  auto third = std::make_unique<int>(3);
  EXPECT_EQ(box.push(lane::events, std::move(third)), inbox<std::unique_ptr<int>>::push_result::full);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(box.push(lane::requests, std::move(third)), inbox<std::unique_ptr<int>>::push_result::accepted);
  EXPECT_EQ(box.size(), 3U);
}

TEST(Inbox, HasRoomAgainOnceSomethingIsTaken) {
  inbox<int> box{1};
  box.push(lane::events, 1);
  ASSERT_EQ(box.push(lane::events, 2), result::full);
  take(box);
  EXPECT_EQ(box.push(lane::events, 2), result::accepted);
}

TEST(Inbox, HasNoBoundForTheRuntimesOwnItems) {
  inbox<int> box{1};
  box.push(lane::events, 1);
  EXPECT_EQ(box.push_always(lane::events, 2), result::accepted);
  EXPECT_THAT(take(box), ElementsAre(1, 2));
}

TEST(Inbox, TakesOnlyTheRuntimesOwnItemsWhileItsGateIsShut) {
  inbox<int> box{8};
  box.set_open(false);
  EXPECT_FALSE(box.is_open());
  EXPECT_EQ(box.push(lane::events, 1), result::shut);
  EXPECT_EQ(box.push(lane::requests, 2), result::shut);
  EXPECT_EQ(box.push_always(lane::events, 3), result::accepted_wake);
  box.set_open(true);
  EXPECT_EQ(box.push(lane::events, 4), result::accepted);
  EXPECT_THAT(take(box), ElementsAre(3, 4));
}

TEST(Inbox, TakesNothingOnceClosedButKeepsWhatWaits) {
  inbox<int> box{8};
  box.push(lane::events, 1);
  box.close();
  box.set_open(true);
  EXPECT_EQ(box.push(lane::events, 2), result::closed);
  EXPECT_EQ(box.push_always(lane::control, 3), result::closed);
  EXPECT_THAT(take(box), ElementsAre(1));
}

TEST(Inbox, DiscardsWhatAPredicateNamesAndKeepsTheOrderOfTheRest) {
  inbox<int> box{8};
  for (int i = 1; i <= 6; ++i) box.push(lane::events, int{i});
  box.push(lane::requests, 2);
  EXPECT_EQ(box.discard(lane::events, [](int i) { return i % 2 == 0; }), 3U);
  EXPECT_THAT(take(box), ElementsAre(2, 1, 3, 5)) << "the other lane is left alone";
}

/// Looks at the inbox when it goes, as a claim's answer may lead to a further push.
struct looks_when_destroyed {
  inbox<std::shared_ptr<looks_when_destroyed>>* box;
  std::size_t* seen;
  ~looks_when_destroyed() { *seen = box->size(); }
};

TEST(Inbox, DestroysWhatItDiscardsOutsideOfItsLock) {
  inbox<std::shared_ptr<looks_when_destroyed>> box{8};
  std::size_t seen = 99;
  box.push(lane::events, std::make_shared<looks_when_destroyed>(looks_when_destroyed{&box, &seen}));
  seen = 99;
  EXPECT_EQ(box.discard(lane::events, [](const auto&) { return true; }), 1U);
  EXPECT_EQ(seen, 0U);
}

TEST(Inbox, KeepsTheOrderOfEachProducerAndLosesNothing) {
  constexpr int producers = 4;
  constexpr int items = 5'000;
  inbox<std::pair<int, int>> box{producers * items};
  std::atomic<int> wakes{0};
  std::vector<std::jthread> threads;
  for (int p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < items; ++i)
        if (box.push(lane::events, {p, i}) == inbox<std::pair<int, int>>::push_result::accepted_wake) ++wakes;
    });

  std::vector<int> next(producers, 0);
  int got = 0;
  int turns = 0;
  while (got < producers * items) {
    if (wakes.load() == 0) {
      std::this_thread::yield();
      continue;
    }
    --wakes;
    ++turns;
    do {
      std::vector<std::pair<int, int>> batch;
      box.take(64, batch);
      for (const auto& [p, i] : batch) {
        EXPECT_EQ(i, next[static_cast<std::size_t>(p)]++);
        ++got;
      }
    } while (box.turn_still_due());
    EXPECT_LE(wakes.load(), 1) << "one turn at most is asked for while none is due";
  }
  EXPECT_EQ(box.size(), 0U);
  EXPECT_EQ(wakes.load(), 0);
  EXPECT_GE(turns, 1);
}

}  // namespace
}  // namespace streamspace
