#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "inbox_bed.hpp"
#include <streamspace/actors/thread_state.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::box_type;
using ::testing::ElementsAre;
using testing::eventually;
using testing::result;
using testing::sized;

struct InboxControl : testing::inbox_bed {};

TEST(InboxGates, AreShutAtFirst) {
  box_type box{{}};
  EXPECT_FALSE(box.is_open());
  EXPECT_EQ(box.push_event({1}), result::shut);
  EXPECT_EQ(box.push_request(1), result::shut);
  EXPECT_EQ(box.push_control("c"), result::accepted_wake) << "the runtime's own tasks pass";
  EXPECT_EQ(box.push_mark("m"), result::accepted);
}

TEST_F(InboxControl, HasAGateForEachLane) {
  box.set_open(true, false);
  EXPECT_TRUE(box.is_open());
  EXPECT_EQ(push(1), result::accepted_wake);
  EXPECT_EQ(box.push_request(2), result::shut);
  box.set_open(false, true);
  EXPECT_FALSE(box.is_open());
  EXPECT_EQ(push(3), result::shut);
  EXPECT_EQ(box.push_request(4), result::accepted);
  EXPECT_THAT(drain(), ElementsAre("4", "1")) << "what was accepted stays";
}

TEST_F(InboxControl, HasNoBoundForTheRuntimesOwnTasks) {
  for (int i = 0; i < 4; ++i) push(i);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(box.push_control("c"), result::accepted);
    EXPECT_EQ(box.push_mark("m"), result::accepted);
  }
}

TEST_F(InboxControl, GivesAMarkOnceAllThatWasAcceptedBeforeIsTaken) {
  push(1);
  push(2);
  box.push_request(3);
  box.push_mark("m");
  push(4);
  EXPECT_EQ(box.pop_mark(), std::nullopt);
  take(2);
  EXPECT_EQ(box.pop_mark(), std::nullopt) << "the request is before it";
  box.pop_request();
  EXPECT_EQ(box.pop_mark(), "m") << "what came after it does not hold it up";
  EXPECT_EQ(box.pop_mark(), std::nullopt);
}

TEST_F(InboxControl, GivesMarksInTheirOrderAndAlsoWhenTheirEventsWereGivenUp) {
  push(1);
  box.push_mark("one");
  push(2);
  box.push_mark("two");
  EXPECT_EQ(box.pop_mark(), std::nullopt);
  std::vector<sized> evicted;
  box.push_event_evicting({3, 100}, evicted);
  EXPECT_EQ(box.pop_mark(), "one");
  EXPECT_EQ(box.pop_mark(), "two");
  box.push_mark("three");
  EXPECT_EQ(box.pop_mark(), std::nullopt);
  box.discard();
  EXPECT_EQ(box.pop_mark(), "three");
}

TEST_F(InboxControl, PutsEventsBackInTheirOrderWhateverTheBoundsAre) {
  for (int i = 1; i <= 4; ++i) push(i, 25);
  box.push_mark("m");
  auto batch = take_batch(3);
  for (int i = 5; i <= 7; ++i) push(i, 25);
  batch.erase(batch.begin());
  box.put_back(std::move(batch));
  EXPECT_EQ(box.size(), 7U);
  EXPECT_EQ(box.event_bytes(), 150U);
  EXPECT_EQ(push(8), result::full);
  take(1);
  EXPECT_EQ(box.pop_mark(), std::nullopt) << "they are before the mark again";
  EXPECT_THAT(take(2), ElementsAre(3, 4));
  EXPECT_EQ(box.pop_mark(), "m");
  EXPECT_THAT(take(), ElementsAre(5, 6, 7));
  EXPECT_EQ(box.event_bytes(), 0U);
}

TEST_F(InboxControl, TakesNothingBackOnceClosed) {
  push(1);
  auto batch = take_batch(1);
  box.close("last");
  EXPECT_FALSE(box.put_back(std::move(batch)));
  EXPECT_EQ(batch.size(), 1U) << "it is the caller's to give up";
  EXPECT_EQ(box.size(), 1U) << "the last task";
}

TEST_F(InboxControl, DiscardsRequestsAndEventsButNoTasks) {
  push(1, 40);
  box.push_request(2);
  box.push_control("c");
  box.push_mark("m");
  auto discarded = box.discard();
  EXPECT_EQ(discarded.events.size(), 1U);
  EXPECT_EQ(discarded.requests.size(), 1U);
  EXPECT_EQ(box.event_bytes(), 0U);
  EXPECT_EQ(push(3), result::accepted) << "it goes on";
  EXPECT_THAT(drain(), ElementsAre("c", "3", "m"));
}

TEST_F(InboxControl, LeavesOneLastTaskWhenItIsClosed) {
  push(1);
  box.push_request(2);
  box.push_control("c");
  box.push_mark("m");
  const auto ending = box.close("last");
  EXPECT_EQ(ending.result, result::accepted);
  EXPECT_EQ(ending.waiting.events.size(), 1U);
  EXPECT_EQ(ending.waiting.requests.size(), 1U);
  EXPECT_EQ(box.event_bytes(), 0U);
  box.set_open(true, true);
  EXPECT_FALSE(box.is_open());
  EXPECT_EQ(push(3), result::closed);
  EXPECT_EQ(box.push_request(4), result::closed);
  EXPECT_EQ(box.push_control("d"), result::closed);
  EXPECT_EQ(box.push_mark("n"), result::closed);
  EXPECT_EQ(box.close("again").result, result::closed);
  EXPECT_TRUE(box.urgent());
  EXPECT_THAT(drain(), ElementsAre("last"));
  EXPECT_FALSE(box.end_turn());
}

TEST_F(InboxControl, GivesTheDutyForItsLastTaskToWhoClosesIt) {
  EXPECT_EQ(box.close("last").result, result::accepted_wake);
}

TEST_F(InboxControl, ShowsTheEventThatWaitsLongest) {
  const auto number = [](const sized& e) { return e.number; };
  EXPECT_EQ(box.oldest_event(number), std::nullopt);
  push(1);
  push(2);
  EXPECT_EQ(box.oldest_event(number), 1);
}

/// Looks at the inbox when it goes, as a claim's answer may lead to a further push.
struct looks_when_destroyed {
  using box_type = inbox<std::unique_ptr<looks_when_destroyed>, int, looks_when_destroyed>;
  looks_when_destroyed(box_type& b, int& c) : box{&b}, count{&c} {}
  looks_when_destroyed(looks_when_destroyed&& other) noexcept
      : box{std::exchange(other.box, nullptr)}, count{other.count} {}
  ~looks_when_destroyed() {
    if (box) *count += box->size() < 1'000 ? 1 : 0;
  }
  std::size_t bytes() const { return 1; }
  box_type* box;
  int* count;
};

TEST(InboxLock, IsNotHeldWhileItemsAreDestroyed) {
  int looks = 0;
  looks_when_destroyed::box_type box{{}};
  box.set_open(true, true);
  box.push_event({box, looks});
  box.discard();
  EXPECT_EQ(looks, 1);
  box.push_event({box, looks});
  box.push_control(std::make_unique<looks_when_destroyed>(box, looks));
  box.push_mark(std::make_unique<looks_when_destroyed>(box, looks));
  box.close(nullptr);
  EXPECT_EQ(looks, 4);
}

/// Waits on a thread of its own until there is room for one byte.
class waiter {
 public:
  explicit waiter(box_type& box)
      : thread_{[this, &box] {
          id_ = this_thread();
          box.await_room(1, box_type::clock::now() + std::chrono::minutes{1});
          returned_ = true;
        }} {
    // Asleep, in all likelihood for what it is to wait for.
    EXPECT_TRUE(eventually([this] { return id_ != 0 && !is_runnable(id_); }));
  }
  bool returned() const { return returned_; }
  bool returns() const {
    return eventually([this] { return returned_.load(); });
  }

 private:
  std::atomic<bool> returned_{false};
  std::atomic<pid_t> id_{0};
  std::jthread thread_;
};

struct InboxRoom : testing::inbox_bed {
  void fill() {
    for (int i = 1; i <= 4; ++i) push(i);
  }
};

TEST_F(InboxRoom, IsThereAtOnceOrNotBeforeTheDeadline) {
  box.await_room(1, box_type::clock::now() + 1h);
  fill();
  box.await_room(1, box_type::clock::now());
  EXPECT_EQ(push(5), result::full);
}

TEST_F(InboxRoom, IsToldWhenEventsAreTaken) {
  fill();
  const waiter waits{box};
  EXPECT_FALSE(waits.returned());
  take(1);
  EXPECT_TRUE(waits.returns());
}

TEST_F(InboxRoom, IsToldWhenEventsAreDiscarded) {
  fill();
  const waiter waits{box};
  box.discard();
  EXPECT_TRUE(waits.returns());
}

TEST_F(InboxRoom, IsNotAwaitedWhenTheGateIsShut) {
  fill();
  const waiter waits{box};
  box.set_open(false, true);
  EXPECT_TRUE(waits.returns());
}

TEST_F(InboxRoom, IsNotAwaitedWhenTheInboxIsClosed) {
  fill();
  const waiter waits{box};
  box.close("last");
  EXPECT_TRUE(waits.returns());
}

}  // namespace
}  // namespace streamspace
