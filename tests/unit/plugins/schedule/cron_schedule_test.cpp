#include <gmock/gmock.h>
#include <support/heap.hpp>

#include "schedule_test.hpp"

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct due {
  const char* expression;
  const char* after;
  std::vector<std::string> instants;
};

class CronSchedule : public ::testing::TestWithParam<due> {};

TEST_P(CronSchedule, IsDue) {
  const auto& [expression, after, instants] = GetParam();
  EXPECT_THAT(next_of(schedule_of(expression), after, instants.size()), ElementsAreArray(instants)) << expression;
}

INSTANTIATE_TEST_SUITE_P(
    Times, CronSchedule,
    ::testing::Values(due{"* * * * *", "2026-11-27T10:00:00Z", {"2026-11-27T10:01:00Z", "2026-11-27T10:02:00Z"}},
                      due{"* * * * *", "2026-11-27T10:00:59.999999Z", {"2026-11-27T10:01:00Z"}},
                      due{"* * * * *", "2026-12-31T23:59:00Z", {"2027-01-01T00:00:00Z"}},
                      due{"*/15 * * * *",
                          "2026-11-27T10:14:59Z",
                          {"2026-11-27T10:15:00Z", "2026-11-27T10:30:00Z", "2026-11-27T10:45:00Z",
                           "2026-11-27T11:00:00Z"}},
                      due{"5/15 * * * *", "2026-11-27T10:50:00Z", {"2026-11-27T11:05:00Z", "2026-11-27T11:20:00Z"}},
                      due{"1-30/7 * * * *", "2026-11-27T10:22:00Z", {"2026-11-27T10:29:00Z", "2026-11-27T11:01:00Z"}},
                      due{"0 9,17 * * *", "2026-11-27T09:00:00Z", {"2026-11-27T17:00:00Z", "2026-11-28T09:00:00Z"}},
                      due{"59 23 31 12 *", "2026-11-27T00:00:00Z", {"2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"}},
                      due{"@hourly", "2026-11-27T10:00:00Z", {"2026-11-27T11:00:00Z"}},
                      due{"@yearly", "2026-11-27T10:00:00Z", {"2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    Days, CronSchedule,
    ::testing::Values(
        // 2026-11-27 is a Friday.
        due{"0 12 * * MON-FRI", "2026-11-27T12:00:00Z", {"2026-11-30T12:00:00Z", "2026-12-01T12:00:00Z"}},
        due{"0 12 * * 7", "2026-11-27T12:00:00Z", {"2026-11-29T12:00:00Z", "2026-12-06T12:00:00Z"}},
        due{"0 0 13 * FRI",
            "2026-11-01T00:00:00Z",
            {"2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"}},
        due{"0 0 13 * FRI",
            "2026-12-05T00:00:00Z",
            {"2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z", "2026-12-18T00:00:00Z"}},
        // With a star in one of the two, both have to match: odd days that are a Monday.
        due{"0 0 */2 * MON",
            "2026-11-01T00:00:00Z",
            {"2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z"}},
        due{"0 0 1-7 * */7", "2026-11-02T00:00:00Z", {"2026-12-06T00:00:00Z", "2027-01-03T00:00:00Z"}},
        due{"0 0 13 * ?", "2026-11-01T00:00:00Z", {"2026-11-13T00:00:00Z", "2026-12-13T00:00:00Z"}},
        due{"0 0 ? * FRI", "2026-11-27T00:00:00Z", {"2026-12-04T00:00:00Z"}},
        due{"0 0 1-31 * FRI", "2026-11-28T00:00:00Z", {"2026-11-29T00:00:00Z"}},
        due{"0 0 30 2 MON", "2026-11-01T00:00:00Z", {"2027-02-01T00:00:00Z", "2027-02-08T00:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    MonthEnds, CronSchedule,
    ::testing::Values(
        due{"0 0 31 * *",
            "2026-11-01T00:00:00Z",
            {"2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-03-31T00:00:00Z", "2027-05-31T00:00:00Z",
             "2027-07-31T00:00:00Z", "2027-08-31T00:00:00Z", "2027-10-31T00:00:00Z", "2027-12-31T00:00:00Z"}},
        due{"0 0 30 * *", "2026-12-31T00:00:00Z", {"2027-01-30T00:00:00Z", "2027-03-30T00:00:00Z"}},
        due{"0 0 31 2,3 *", "2026-11-01T00:00:00Z", {"2027-03-31T00:00:00Z"}},
        due{"0 0 28-31 2 *",
            "2027-01-01T00:00:00Z",
            {"2027-02-28T00:00:00Z", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    LeapYears, CronSchedule,
    ::testing::Values(due{"0 0 29 2 *", "2026-01-01T00:00:00Z", {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
                      due{"0 0 29 2 *", "2096-02-29T00:00:00Z", {"2104-02-29T00:00:00Z"}},
                      due{"0 0 29 2 *", "1896-03-01T00:00:00Z", {"1904-02-29T00:00:00Z"}},
                      due{"0 0 29 2 *", "1996-03-01T00:00:00Z", {"2000-02-29T00:00:00Z"}},
                      due{"0 0 29 2 *", "2396-02-29T00:00:00Z", {"2400-02-29T00:00:00Z", "2404-02-29T00:00:00Z"}},
                      due{"0 0 29 2 *", "2496-02-29T00:00:00Z", {"2504-02-29T00:00:00Z"}},
                      // Of a Sunday, over a century without a leap day: 40 years.
                      due{"0 0 29 2 */7", "2072-02-29T00:00:00Z", {"2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"}}));

TEST(CronSchedule, FindsEveryLeapDayUntil2400) {
  const auto leap_days = schedule_of("0 0 29 2 *");
  auto t = at("1999-01-01T00:00:00Z");
  for (int year = 2000; year <= 2400; ++year) {
    if (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)) continue;
    t = leap_days.next(t).value();
    EXPECT_EQ(in_utc(t), std::to_string(year) + "-02-29T00:00:00Z");
  }
}

TEST(CronSchedule, HasSecondsWhenAskedFor) {
  const auto due = [](const char* text, const char* after, std::size_t count) {
    return next_of(schedule_of(text, "UTC", dst_rule::vixie, cron_syntax::seconds), after, count);
  };
  EXPECT_THAT(due("*/20 * * * * *", "2026-11-27T10:00:00Z", 3),
              ElementsAre("2026-11-27T10:00:20Z", "2026-11-27T10:00:40Z", "2026-11-27T10:01:00Z"));
  EXPECT_THAT(due("30 0 9 * * *", "2026-11-27T09:00:30Z", 1), ElementsAre("2026-11-28T09:00:30Z"));
  EXPECT_THAT(due("* * * * * *", "2026-12-31T23:59:59.5Z", 2),
              ElementsAre("2027-01-01T00:00:00Z", "2027-01-01T00:00:01Z"));
}

TEST(CronSchedule, IsNeverDueAtTheInstantItself) {
  const auto daily = schedule_of("0 9 * * *");
  EXPECT_EQ(in_utc(*daily.next(at("2026-11-27T08:59:59.999999Z"))), "2026-11-27T09:00:00Z");
  EXPECT_EQ(in_utc(*daily.next(at("2026-11-27T09:00:00Z"))), "2026-11-28T09:00:00Z");
  EXPECT_EQ(in_utc(*daily.next(at("2026-11-27T09:00:00.000001Z"))), "2026-11-28T09:00:00Z");
}

TEST(CronSchedule, CountsAnIntervalFromTheWholeSecond) {
  EXPECT_THAT(next_of(schedule_of("@every 90s"), "2026-11-27T10:00:00.75Z", 2),
              ElementsAre("2026-11-27T10:01:30Z", "2026-11-27T10:03:00Z"));
  // Clocks that change make no difference.
  EXPECT_THAT(next_of(schedule_of("@every 24h", "Europe/Berlin"), "2026-03-28T12:00:00Z", 1),
              ElementsAre("2026-03-29T12:00:00Z"));
  EXPECT_EQ(schedule_of("@every 2000000h").next(at("9999-01-01T00:00:00Z")), std::nullopt);
}

TEST(CronSchedule, EndsWithTheYear9999) {
  EXPECT_THAT(next_of(schedule_of("0 0 31 12 *"), "9998-01-01T00:00:00Z", 5),
              ElementsAre("9998-12-31T00:00:00Z", "9999-12-31T00:00:00Z"));
  EXPECT_THAT(next_of(schedule_of("* * * * *"), "9999-12-31T23:58:30Z", 5), ElementsAre("9999-12-31T23:59:00Z"));
  EXPECT_EQ(schedule_of("* * * * *").next(timestamp::max()), std::nullopt);
  EXPECT_EQ(schedule_of("0 0 29 2 *", "America/New_York").next(at("9999-12-31T23:59:59Z")), std::nullopt);
}

TEST(CronSchedule, BeginsWithTheYear0) {
  EXPECT_EQ(in_utc(*schedule_of("0 0 29 2 *").next(timestamp::min())), "0000-02-29T00:00:00Z");
  EXPECT_EQ(in_utc(*schedule_of("* * * * *").next(timestamp::min())), "0000-01-01T00:00:00Z");
  EXPECT_EQ(in_utc(*schedule_of("@every 1s").next(timestamp::min())), "0000-01-01T00:00:00Z");
}

TEST(CronSchedule, PrefersTheZoneOfTheExpression) {
  const auto schedule = schedule_of("CRON_TZ=Asia/Tokyo 0 9 * * *", "Europe/Berlin");
  EXPECT_EQ(schedule.zone().name(), "Asia/Tokyo");
  EXPECT_THAT(next_of(schedule, "2026-11-27T12:00:00Z", 1), ElementsAre("2026-11-28T00:00:00Z"));
}

TEST(CronSchedule, KnowsWhenItIsNeverDueAgain) {
  // Half past two on the second Sunday of March is what New York leaves out, since 2007 and for ever.
  EXPECT_THAT(next_of(schedule_of("30 2 8-14 3 */7", "America/New_York", dst_rule::wall), "2006-04-01T00:00:00Z", 1),
              IsEmpty());
  EXPECT_THAT(next_of(schedule_of("30 2 8-14 3 */7", "America/New_York", dst_rule::wall), "2005-04-01T00:00:00Z", 9),
              ElementsAre("2006-03-12T07:30:00Z"));
  EXPECT_THAT(next_of(schedule_of("30 2 8-14 3 */7", "America/New_York", dst_rule::vixie), "2026-01-01T00:00:00Z", 1),
              ElementsAre("2026-03-08T07:00:00Z"));
}

TEST(CronSchedule, AllocatesNothingToFindTheNextInstant) {
  if (!heap_is_seen()) GTEST_SKIP() << "another allocator";
  const auto schedule = schedule_of("0 0 29 2 *", "Europe/Berlin");
  auto t = at("2026-01-01T00:00:00Z");
  const auto before = heap_in_use();
  for (int i = 0; i < 1'000; ++i) t = schedule.next(t).value();
  EXPECT_EQ(heap_in_use(), before);
}

}  // namespace
}  // namespace streamspace::testing
