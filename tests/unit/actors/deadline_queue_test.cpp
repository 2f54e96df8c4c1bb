#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/deadline_queue.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct DeadlineQueue : ::testing::Test {
  deadline_queue::ticket add(std::chrono::milliseconds after, std::string name) {
    return queue.add(start + after, [this, name = std::move(name)] { called.push_back(name); });
  }
  void call_due(std::chrono::milliseconds after, std::size_t most = 100) {
    for (const auto& call : queue.take_due(start + after, most)) call();
  }

  const deadline_queue::clock::time_point start{1h};
  deadline_queue queue;
  std::vector<std::string> called;
};

TEST_F(DeadlineQueue, TakesOutWhatIsDueInTheOrderOfTheDeadlines) {
  add(30ms, "third");
  add(10ms, "first");
  add(20ms, "second");
  add(31ms, "later");
  call_due(30ms);
  EXPECT_THAT(called, ElementsAre("first", "second", "third"));
  EXPECT_EQ(queue.size(), 1U);
}

TEST_F(DeadlineQueue, KeepsTheOrderOfThoseWithOneDeadline) {
  for (const auto* name : {"a", "b", "c"}) add(5ms, name);
  call_due(5ms);
  EXPECT_THAT(called, ElementsAre("a", "b", "c"));
}

TEST_F(DeadlineQueue, TakesOutSoManyAtMost) {
  for (const auto* name : {"a", "b", "c"}) add(5ms, name);
  call_due(5ms, 2);
  EXPECT_THAT(called, ElementsAre("a", "b"));
  call_due(5ms, 2);
  EXPECT_THAT(called, ElementsAre("a", "b", "c"));
}

TEST_F(DeadlineQueue, SaysWhenSomethingIsDueNext) {
  EXPECT_FALSE(queue.next());
  add(20ms, "later");
  const auto sooner = add(10ms, "sooner");
  EXPECT_EQ(queue.next(), start + 10ms);
  queue.remove(sooner);
  EXPECT_EQ(queue.next(), start + 20ms);
}

TEST_F(DeadlineQueue, GivesBackWhatIsRemovedAndForgetsIt) {
  add(5ms, "stays");
  const auto gone = add(5ms, "goes");
  const auto back = queue.remove(gone);
  ASSERT_TRUE(back);
  EXPECT_FALSE(queue.remove(gone));
  call_due(5ms);
  EXPECT_THAT(called, ElementsAre("stays"));
  back();
  EXPECT_THAT(called, ElementsAre("stays", "goes"));
}

TEST_F(DeadlineQueue, HasNothingForATicketThatNamesNone) {
  add(5ms, "stays");
  EXPECT_FALSE(queue.remove({}));
  call_due(4ms);
  EXPECT_THAT(called, IsEmpty());
}

}  // namespace
}  // namespace streamspace
