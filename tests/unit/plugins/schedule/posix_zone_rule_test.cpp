#include <gmock/gmock.h>

#include "schedule_test.hpp"
#include <streamspace/plugins/schedule/posix_zone_rule.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono;

struct year_of_rule {
  const char* text;
  int in_year;
  const char* first;
  seconds first_offset;
  const char* second;
  seconds second_offset;
};

class PosixZoneRule : public ::testing::TestWithParam<year_of_rule> {};

TEST_P(PosixZoneRule, GivesBothChangesOfAYear) {
  const auto& [text, in_year, first, first_offset, second, second_offset] = GetParam();
  const auto rule = posix_zone_rule::parse(text);
  ASSERT_TRUE(rule && rule->has_summer_time()) << text;
  const auto changes = rule->changes_of(year{in_year});
  EXPECT_EQ(in_utc(changes[0].at), first);
  EXPECT_EQ(changes[0].offset, first_offset);
  EXPECT_EQ(in_utc(changes[1].at), second);
  EXPECT_EQ(changes[1].offset, second_offset);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PosixZoneRule,
    ::testing::Values(
        year_of_rule{"CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29T01:00:00Z", 2h, "2026-10-25T01:00:00Z", 1h},
        year_of_rule{"EST5EDT,M3.2.0,M11.1.0", 2400, "2400-03-12T07:00:00Z", -4h, "2400-11-05T06:00:00Z", -5h},
        // South of the equator, half an hour.
        year_of_rule{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, "2026-04-04T15:00:00Z", 10h + 30min,
                     "2026-10-03T15:30:00Z", 11h},
        // Winter time is the exception.
        year_of_rule{"IST-1GMT0,M10.5.0,M3.5.0/1", 2026, "2026-03-29T01:00:00Z", 1h, "2026-10-25T01:00:00Z", 0h},
        // Two hours.
        year_of_rule{"<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", 2026, "2026-03-29T01:00:00Z", 2h, "2026-10-25T01:00:00Z", 0h},
        // Times outside of their day.
        year_of_rule{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29T01:00:00Z", -1h, "2026-10-25T01:00:00Z", -2h},
        year_of_rule{"IST-2IDT,M3.4.4/26,M10.5.0", 2026, "2026-03-27T00:00:00Z", 3h, "2026-10-24T23:00:00Z", 2h},
        // Days of the year, with and without the leap day.
        year_of_rule{"AAA0BBB,J60/0,J365/0", 2024, "2024-03-01T00:00:00Z", 1h, "2024-12-30T23:00:00Z", 0h},
        year_of_rule{"AAA0BBB,59/0,364/0", 2024, "2024-02-29T00:00:00Z", 1h, "2024-12-29T23:00:00Z", 0h}));

TEST(PosixZoneRule, MayBeOneOffset) {
  for (const auto& [text, offset] :
       {std::pair<const char*, seconds>{"UTC0", 0h}, {"<+0545>-5:45", 5h + 45min}, {"EST5", -5h}}) {
    const auto rule = posix_zone_rule::parse(text);
    ASSERT_TRUE(rule) << text;
    EXPECT_FALSE(rule->has_summer_time()) << text;
    EXPECT_EQ(rule->offset(), offset) << text;
  }
}

TEST(PosixZoneRule, IsNothingElse) {
  for (const auto* text :
       {"", "CE", "CET", "CET-", "CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0 ", "CET-1CEST,J0,J365",
        "CET-1CEST,0,366", "<CET-1", "CET-999999999999"})
    EXPECT_FALSE(posix_zone_rule::parse(text)) << text;
}

}  // namespace
}  // namespace streamspace::testing
