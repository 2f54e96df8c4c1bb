#include <gtest/gtest.h>

#include <streamspace/actors/gathering.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

TEST(Gathering, BeginsWhenSmallTurnsLast) {
  gathering g;
  for (int i = 0; i < 32; ++i) EXPECT_EQ(g.after_turn(1, 0), 0ns);
  EXPECT_EQ(g.after_turn(1, 0), 1us);
  EXPECT_EQ(g.after_turn(1, 0), 2us);
}

TEST(Gathering, GrowsToABound) {
  gathering g;
  auto last = 0ns;
  for (int i = 0; i < 100; ++i) last = g.after_turn(1, 0);
  EXPECT_EQ(last, 32us);
}

TEST(Gathering, IsDoneOnceEachTimeRound) {
  gathering g;
  int gathered = 0;
  for (int i = 0; i < 1'000; ++i) gathered += g.after_turn(1, 9) > 0ns ? 1 : 0;
  EXPECT_NEAR(gathered, 100, 5);
}

TEST(Gathering, EndsWithLargeTurns) {
  gathering g;
  for (int i = 0; i < 100; ++i) g.after_turn(1, 0);
  EXPECT_EQ(g.after_turn(128, 0), 16us);
  for (int i = 0; i < 20; ++i) g.after_turn(128, 0);
  EXPECT_EQ(g.after_turn(128, 0), 0ns);
  EXPECT_EQ(g.after_turn(1, 0), 0ns) << "one small turn is not many";
}

TEST(Gathering, IsForgotten) {
  gathering g;
  for (int i = 0; i < 100; ++i) g.after_turn(1, 0);
  g.forget();
  EXPECT_EQ(g.after_turn(1, 0), 0ns);
}

}  // namespace
}  // namespace streamspace
