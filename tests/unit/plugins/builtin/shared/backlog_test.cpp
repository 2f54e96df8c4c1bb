#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/shared/backlog.hpp>

namespace streamspace::builtin {
namespace {

using ::testing::ElementsAre;

error passing() {
  return {ec::database_unreachable, "gone"};
}

TEST(Backlog, HandsItemsOverInOrder) {
  backlog<int> b{10};
  std::vector<int> handled;
  for (int i = 0; i < 5; ++i) b.push(i);
  b.work_off(3, [&](int i) { handled.push_back(i); });
  EXPECT_THAT(handled, ElementsAre(0, 1, 2));
  b.work_off(10, [&](int i) { handled.push_back(i); });
  EXPECT_THAT(handled, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(b.empty());
}

TEST(Backlog, KeepsAnItemWhoseFaultPasses) {
  backlog<int> b{10};
  b.push(1);
  b.push(2);
  EXPECT_THROW(b.work_off(10, [](int) { throw passing(); }), error);
  EXPECT_EQ(b.size(), 2U);
  std::vector<int> handled;
  b.work_off(10, [&](int i) { handled.push_back(i); });
  EXPECT_THAT(handled, ElementsAre(1, 2));
}

TEST(Backlog, LetsAnItemGoWhoseFaultStays) {
  backlog<int> b{10};
  for (int i = 1; i <= 3; ++i) b.push(i);
  EXPECT_THROW(b.work_off(10, [](int) { throw error{ec::invalid_argument, "never"}; }), error);
  EXPECT_EQ(b.size(), 2U);
  EXPECT_THROW(b.work_off(10, [](int) { throw 42; }), int);
  EXPECT_EQ(b.size(), 1U);
}

TEST(Backlog, GivesUpTheOldestWhenFull) {
  backlog<int> b{2};
  EXPECT_TRUE(b.push(1));
  EXPECT_TRUE(b.push(2));
  EXPECT_FALSE(b.push(3));
  std::vector<int> handled;
  b.work_off(10, [&](int i) { handled.push_back(i); });
  EXPECT_THAT(handled, ElementsAre(2, 3));
}

TEST(IsPassing, TellsWhatTryingAgainMayMend) {
  for (const auto code : {ec::timeout, ec::unavailable, ec::database_unreachable}) EXPECT_TRUE(is_passing({code, ""}));
  for (const auto code : {ec::invalid_argument, ec::internal, ec::database_error}) EXPECT_FALSE(is_passing({code, ""}));
  const auto refused = [](const char* state) { return error{ec::database_error, "", {{"sqlstate", state}}}; };
  for (const auto* state : {"08006", "40001", "53100", "57P01"}) EXPECT_TRUE(is_passing(refused(state))) << state;
  for (const auto* state : {"23505", "42P01", "22P05"}) EXPECT_FALSE(is_passing(refused(state))) << state;
}

}  // namespace
}  // namespace streamspace::builtin
