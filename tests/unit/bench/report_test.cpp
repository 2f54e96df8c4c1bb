#include <bench/report.hpp>
#include <gmock/gmock.h>

namespace streamspace::bench {
namespace {

TEST(BenchReport, GroupsDigits) {
  EXPECT_EQ(readable(12'345'678), "12,345,678");
  EXPECT_EQ(readable(1'234.56), "1,234.6");
  EXPECT_EQ(readable(999.96), "1,000.0");
  EXPECT_EQ(readable(100), "100.0");
  EXPECT_EQ(readable(0.7341), "0.734");
  EXPECT_EQ(readable(-123'456), "-123,456");
}

TEST(BenchReport, WritesExactlyTheAgreedMembers) {
  const auto document = to_document("bus", {{"bus.async", {{"subscribers", 10}}, "deliveries/s", 5, 4, 6}});
  EXPECT_EQ(document, json::parse(R"({"suite": "bus", "results": [{"name": "bus.async", "params": {"subscribers": 10},
                                      "value": 5.0, "unit": "deliveries/s"}]})"));
}

TEST(BenchReport, AlignsTheTable) {
  EXPECT_EQ(to_table({{"a", {{"n", 1}}, "x/s", 10, 9, 11},
                      {"long.name", {{"deadline", "1s"}, {"n", 10}}, "x/s", 2'000'000, 1, 1}}),
            "name       params               median  unit  range\n"
            "a          n=1                    10.0  x/s    20 %\n"
            "long.name  deadline=1s n=10  2,000,000  x/s     0 %\n");
}

}  // namespace
}  // namespace streamspace::bench
