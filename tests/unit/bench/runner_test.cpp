#include <bench/runner.hpp>
#include <gmock/gmock.h>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {
namespace {

using ::testing::ElementsAre;

/// A measurement whose runs give these values, one after the other, and note their name.
measurement scripted(std::string name, std::vector<double> values, std::vector<std::string>& order) {
  return measurement_of({name, json::object(), "things/s"}, [=, &order, next = std::size_t{0}]() mutable {
    order.push_back(name);
    return values.at(next++);
  });
}

TEST(BenchRunner, TakesTurnsAndTheMedianOfTheRuns) {
  std::vector<std::string> order;
  std::vector<int> rounds;
  const auto figures = run_in_turns({scripted("a", {3, 1, 2}, order), scripted("b", {10, 30, 20}, order)}, 3,
                                    [&](int round, const measurement&) { rounds.push_back(round); });
  EXPECT_THAT(order, ElementsAre("a", "b", "a", "b", "a", "b"));
  EXPECT_THAT(rounds, ElementsAre(1, 1, 2, 2, 3, 3));
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].value, 2);
  EXPECT_EQ(figures[0].lowest, 1);
  EXPECT_EQ(figures[0].highest, 3);
  EXPECT_EQ(figures[1].name, "b");
  EXPECT_EQ(figures[1].value, 20);
}

TEST(BenchRunner, ARunMayGiveSeveralQuantities) {
  double run = 0;
  const measurement both{{{"low", {{"q", 1}}, "us"}, {"high", {{"q", 2}}, "us"}}, [&] {
                           ++run;
                           return std::vector{run, 10 * run};
                         }};
  const auto figures = run_in_turns({both}, 3, [](int, const measurement&) {});
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].name, "low");
  EXPECT_EQ(figures[0].value, 2);
  EXPECT_EQ(figures[1].params, json({{"q", 2}}));
  EXPECT_EQ(figures[1].unit, "us");
  EXPECT_EQ(figures[1].value, 20);
}

TEST(BenchRunner, RefusesARunThatGivesTooFewValues) {
  const measurement broken{{{"a", json::object(), ""}, {"b", json::object(), ""}}, [] { return std::vector{1.0}; }};
  EXPECT_THROW(run_in_turns({broken}, 1, [](int, const measurement&) {}), error);
}

TEST(BenchRunner, HandsOnWhatARunThrows) {
  const auto broken = measurement_of({"broken", json::object(), ""}, []() -> double {
    throw error{ec::internal, "no"};
  });
  EXPECT_THROW(run_in_turns({broken}, 1, [](int, const measurement&) {}), error);
}

}  // namespace
}  // namespace streamspace::bench
