#include <bench/comparison.hpp>
#include <gmock/gmock.h>

namespace streamspace::bench {
namespace {

using sense = bar::sense;

figure figure_of(std::string name, json params, double value) {
  return {std::move(name), std::move(params), "x/s", value, value, value};
}

const std::vector<figure> figures{figure_of("ours", {{"n", 1}}, 20), figure_of("ours", {{"n", 10}}, 90),
                                  figure_of("peer", {{"n", 10}}, 10), figure_of("none", json::object(), 0)};

std::string line_of(const bar& b) {
  const std::vector<bar> bars{b};
  return to_lines(compare(figures, bars));
}

TEST(BenchComparison, DividesTheFiguresThatABarNames) {
  const std::vector<bar> bars{{{"ours", {{"n", 10}}}, {{"peer", {{"n", 10}}}}, sense::at_least, 8}};
  const auto comparisons = compare(figures, bars);
  ASSERT_EQ(comparisons.size(), 1u);
  EXPECT_EQ(comparisons[0].against, &bars[0]);
  EXPECT_EQ(comparisons[0].value, 9);
  EXPECT_TRUE(comparisons[0].met);
}

TEST(BenchComparison, TellsWhetherABarIsMet) {
  const auto met = [](sense wanted, double limit) {
    const std::vector<bar> bars{{{"ours", {{"n", 1}}}, {}, wanted, limit}};
    return compare(figures, bars).at(0).met;
  };
  EXPECT_TRUE(met(sense::at_least, 20));
  EXPECT_FALSE(met(sense::at_least, 20.5));
  EXPECT_TRUE(met(sense::at_most, 20));
  EXPECT_FALSE(met(sense::at_most, 19.5));
  EXPECT_TRUE(met(sense::exactly, 20));
  EXPECT_FALSE(met(sense::exactly, 19.5));
  EXPECT_FALSE(met(sense::exactly, 20.5));
}

TEST(BenchComparison, LeavesOutWhatWasNotMeasured) {
  EXPECT_EQ(line_of({{"ours", {{"n", 2}}}, {}, sense::at_least, 1}), "");
  EXPECT_EQ(line_of({{"ours", {{"n", 1}}}, {{"absent", {{"n", 1}}}}, sense::at_least, 1}), "");
  EXPECT_EQ(line_of({{"ours", {{"n", 1}}}, {{"none", json::object()}}, sense::at_least, 1}), "");
}

TEST(BenchComparison, WritesALineForPeople) {
  EXPECT_EQ(line_of({{"ours", {{"n", 10}}}, {{"peer", {{"n", 10}}}}, sense::at_least, 8}),
            "ours 10: 9x peer 10 (bar: at least 8x)\n");
  EXPECT_EQ(line_of({{"ours", {{"n", 10}}}, {{"peer", {{"n", 10}}}}, sense::at_most, 1.25}),
            "ours 10: 9x peer 10 (bar: at most 1.25x), not met\n");
  EXPECT_EQ(line_of({{"peer", {{"n", 10}}}, {{"ours", {{"n", 10}}}}, sense::at_least, 3}),
            "peer 10: 0.111x ours 10 (bar: at least 3x), not met\n");
  EXPECT_EQ(line_of({{"none", json::object()}, {}, sense::exactly, 0}), "none: 0.000 (bar: exactly 0)\n");
}

}  // namespace
}  // namespace streamspace::bench
