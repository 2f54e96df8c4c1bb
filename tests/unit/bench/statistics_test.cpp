#include <bench/statistics.hpp>
#include <gmock/gmock.h>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {
namespace {

TEST(BenchStatistics, MedianIsTheMiddleValue) {
  EXPECT_EQ(median_of({5}), 5);
  EXPECT_EQ(median_of({9, 1, 5}), 5);
  EXPECT_EQ(median_of({4, 1, 3, 2}), 2.5);
  EXPECT_THROW(median_of({}), error);
}

TEST(BenchStatistics, QuantileIsTheValueThatSuchAShareDoesNotExceed) {
  std::vector<double> hundred;
  for (int i = 100; i > 0; --i) hundred.push_back(i);
  EXPECT_EQ(quantile_of(hundred, 0), 1);
  EXPECT_EQ(quantile_of(hundred, 0.5), 50);
  EXPECT_EQ(quantile_of(hundred, 0.99), 99);
  EXPECT_EQ(quantile_of(hundred, 0.991), 100);
  EXPECT_EQ(quantile_of(hundred, 1), 100);
  EXPECT_EQ(quantile_of({7}, 0.99), 7);
}

TEST(BenchStatistics, RefusesQuantilesThatMeanNothing) {
  EXPECT_THROW(quantile_of({}, 0.5), error);
  EXPECT_THROW(quantile_of({1}, -0.1), error);
  EXPECT_THROW(quantile_of({1}, 50), error);
}

}  // namespace
}  // namespace streamspace::bench
