#include <gmock/gmock.h>

#include "schedule_test.hpp"

namespace streamspace::testing {
namespace {

using ::testing::ElementsAreArray;

using enum dst_rule;

struct due {
  const char* zone;
  const char* expression;
  dst_rule rule;
  const char* after;
  std::vector<std::string> instants;
};

class CronScheduleInZone : public ::testing::TestWithParam<due> {};

TEST_P(CronScheduleInZone, IsDue) {
  const auto& [zone, expression, rule, after, instants] = GetParam();
  EXPECT_THAT(next_of(schedule_of(expression, zone, rule), after, instants.size()), ElementsAreArray(instants))
      << expression << " in " << zone << (rule == vixie ? ", vixie" : ", wall");
}

INSTANTIATE_TEST_SUITE_P(
    // 02:00 becomes 03:00 at 2026-03-29T01:00Z, 03:00 becomes 02:00 at 2026-10-25T01:00Z.
    Berlin, CronScheduleInZone,
    ::testing::Values(due{"Europe/Berlin",
                          "30 2 * * *",
                          vixie,
                          "2026-03-27T12:00:00Z",
                          {"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
                      due{"Europe/Berlin",
                          "30 2 * * *",
                          wall,
                          "2026-03-27T12:00:00Z",
                          {"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"}},
                      due{"Europe/Berlin",
                          "30 2 * * *",
                          vixie,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
                      due{"Europe/Berlin",
                          "30 2 * * *",
                          wall,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
                      // Asked from within what is repeated.
                      due{"Europe/Berlin", "30 2 * * *", vixie, "2026-10-25T01:10:00Z", {"2026-10-26T01:30:00Z"}},
                      due{"Europe/Berlin", "30 2 * * *", wall, "2026-10-25T01:10:00Z", {"2026-10-25T01:30:00Z"}},
                      // Several times in one gap, and one at its end: one run.
                      due{"Europe/Berlin",
                          "0,20,40 2 * * *",
                          vixie,
                          "2026-03-28T12:00:00Z",
                          {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
                      due{"Europe/Berlin",
                          "0 2,3 * * *",
                          vixie,
                          "2026-03-28T12:00:00Z",
                          {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
                      due{"Europe/Berlin",
                          "30 1-3 * * *",
                          vixie,
                          "2026-03-28T12:00:00Z",
                          {"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},
                      due{"Europe/Berlin",
                          "30 1-3 * * *",
                          vixie,
                          "2026-03-29T00:59:59.9Z",
                          {"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},
                      // The ends of what is left out and of what is repeated.
                      due{"Europe/Berlin", "0 2 * * *", vixie, "2026-03-28T12:00:00Z", {"2026-03-29T01:00:00Z"}},
                      due{"Europe/Berlin",
                          "0 3 * * *",
                          vixie,
                          "2026-03-28T12:00:00Z",
                          {"2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"}},
                      due{"Europe/Berlin",
                          "0 2 * * *",
                          vixie,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"}},
                      due{"Europe/Berlin",
                          "0 2 * * *",
                          wall,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-26T01:00:00Z"}},
                      due{"Europe/Berlin",
                          "0 3 * * *",
                          vixie,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"}},
                      // Jobs with a star follow the clock.
                      due{"Europe/Berlin", "*/30 2 * * *", vixie, "2026-03-28T12:00:00Z", {"2026-03-30T00:00:00Z"}},
                      due{"Europe/Berlin",
                          "30 * * * *",
                          vixie,
                          "2026-03-29T00:00:00Z",
                          {"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
                      due{"Europe/Berlin",
                          "30 */2 * * *",
                          vixie,
                          "2026-10-24T23:00:00Z",
                          {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T03:30:00Z"}},
                      due{"Europe/Berlin",
                          "@hourly",
                          vixie,
                          "2026-10-24T23:30:00Z",
                          {"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
                      // Far away, where the zone's file lists nothing.
                      due{"Europe/Berlin",
                          "30 2 * * *",
                          vixie,
                          "2100-03-27T12:00:00Z",
                          {"2100-03-28T01:00:00Z", "2100-03-29T00:30:00Z"}},
                      due{"Europe/Berlin",
                          "0 12 29 2 *",
                          vixie,
                          "2399-01-01T00:00:00Z",
                          {"2400-02-29T11:00:00Z", "2404-02-29T11:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // 02:00 becomes 03:00 at 2026-03-08T07:00Z, 02:00 becomes 01:00 at 2026-11-01T06:00Z.
    NewYork, CronScheduleInZone,
    ::testing::Values(due{"America/New_York",
                          "30 2 * * *",
                          vixie,
                          "2026-03-07T12:00:00Z",
                          {"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
                      due{"America/New_York", "30 2 * * *", wall, "2026-03-07T12:00:00Z", {"2026-03-09T06:30:00Z"}},
                      due{"America/New_York",
                          "30 1 * * *",
                          vixie,
                          "2026-10-31T12:00:00Z",
                          {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
                      due{"America/New_York",
                          "30 1 * * *",
                          wall,
                          "2026-10-31T12:00:00Z",
                          {"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"}},
                      due{"America/New_York",
                          "30 1 * * 0",
                          vixie,
                          "2400-11-04T12:00:00Z",
                          {"2400-11-05T05:30:00Z", "2400-11-12T06:30:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // Half an hour: 02:00 becomes 01:30 at 2026-04-04T15:00Z, 02:00 becomes 02:30 at 2026-10-03T15:30Z.
    LordHowe, CronScheduleInZone,
    ::testing::Values(due{"Australia/Lord_Howe",
                          "15 2 * * *",
                          vixie,
                          "2026-10-02T16:00:00Z",
                          {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
                      due{"Australia/Lord_Howe", "15 2 * * *", wall, "2026-10-02T16:00:00Z", {"2026-10-04T15:15:00Z"}},
                      due{"Australia/Lord_Howe",
                          "45 1 * * *",
                          vixie,
                          "2026-04-04T00:00:00Z",
                          {"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
                      due{"Australia/Lord_Howe",
                          "45 1 * * *",
                          wall,
                          "2026-04-04T00:00:00Z",
                          {"2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z", "2026-04-05T15:15:00Z"}},
                      due{"Australia/Lord_Howe",
                          "15 1 * * *",
                          wall,
                          "2026-04-04T00:00:00Z",
                          {"2026-04-04T14:15:00Z", "2026-04-05T14:45:00Z"}},
                      due{"Australia/Lord_Howe",
                          "0 * * * *",
                          vixie,
                          "2026-10-03T14:00:00Z",
                          {"2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // The Friday 2011-12-30 is left out at 10:00Z: 23:59 on Thursday, then 00:00 on Saturday.
    Apia, CronScheduleInZone,
    ::testing::Values(due{"Pacific/Apia",
                          "0 9 * * *",
                          vixie,
                          "2011-12-29T12:00:00Z",
                          {"2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"}},
                      due{"Pacific/Apia",
                          "0 9 * * *",
                          wall,
                          "2011-12-29T12:00:00Z",
                          {"2011-12-29T19:00:00Z", "2011-12-30T19:00:00Z", "2011-12-31T19:00:00Z"}},
                      due{"Pacific/Apia",
                          "0 9 * * FRI",
                          vixie,
                          "2011-12-29T12:00:00Z",
                          {"2011-12-30T10:00:00Z", "2012-01-05T19:00:00Z"}},
                      due{"Pacific/Apia", "0 9 * * FRI", wall, "2011-12-29T12:00:00Z", {"2012-01-05T19:00:00Z"}},
                      due{"Pacific/Apia",
                          "0 0 * * *",
                          vixie,
                          "2011-12-29T12:00:00Z",
                          {"2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"}},
                      due{"Pacific/Apia", "0 0 30 12 *", wall, "2011-12-29T12:00:00Z", {"2012-12-29T10:00:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // Summer time ends for Ramadan: 03:00 becomes 02:00 at 2026-02-15T02:00Z, 02:00 becomes 03:00 at 2026-03-22T02:00Z.
    Casablanca, CronScheduleInZone,
    ::testing::Values(due{"Africa/Casablanca",
                          "30 2 * * *",
                          vixie,
                          "2026-02-14T12:00:00Z",
                          {"2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z"}},
                      due{"Africa/Casablanca",
                          "30 2 * * *",
                          wall,
                          "2026-02-14T12:00:00Z",
                          {"2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z", "2026-02-16T02:30:00Z"}},
                      due{"Africa/Casablanca",
                          "30 2 * * *",
                          vixie,
                          "2026-03-21T12:00:00Z",
                          {"2026-03-22T02:00:00Z", "2026-03-23T01:30:00Z"}},
                      due{"Africa/Casablanca", "30 2 * * *", wall, "2026-03-21T12:00:00Z", {"2026-03-23T01:30:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // Two hours: 01:00 becomes 03:00 at 2026-03-29T01:00Z, 03:00 becomes 01:00 at 2026-10-25T01:00Z.
    Troll, CronScheduleInZone,
    ::testing::Values(due{"Antarctica/Troll",
                          "15 1,2 * * *",
                          vixie,
                          "2026-03-28T12:00:00Z",
                          {"2026-03-29T01:00:00Z", "2026-03-29T23:15:00Z"}},
                      due{"Antarctica/Troll", "15 1,2 * * *", wall, "2026-03-28T12:00:00Z", {"2026-03-29T23:15:00Z"}},
                      due{"Antarctica/Troll",
                          "15 1,2 * * *",
                          vixie,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-24T23:15:00Z", "2026-10-25T00:15:00Z", "2026-10-26T01:15:00Z"}},
                      due{"Antarctica/Troll",
                          "15 1,2 * * *",
                          wall,
                          "2026-10-24T12:00:00Z",
                          {"2026-10-24T23:15:00Z", "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z",
                           "2026-10-25T02:15:00Z", "2026-10-26T01:15:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    // Changes at midnight: Sao Paulo at 2018-11-04T03:00Z to 01:00 and at 2019-02-17T02:00Z to 23:00; Beirut at
    // 2026-03-28T22:00Z to 01:00 and at 2026-10-24T21:00Z to 23:00.
    AtMidnight, CronScheduleInZone,
    ::testing::Values(due{"America/Sao_Paulo",
                          "0 0 * * *",
                          vixie,
                          "2018-11-03T12:00:00Z",
                          {"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
                      due{"America/Sao_Paulo", "0 0 * * *", wall, "2018-11-03T12:00:00Z", {"2018-11-05T02:00:00Z"}},
                      due{"America/Sao_Paulo",
                          "0 0 4 * *",
                          vixie,
                          "2018-11-03T12:00:00Z",
                          {"2018-11-04T03:00:00Z", "2018-12-04T02:00:00Z"}},
                      due{"America/Sao_Paulo",
                          "30 23 * * *",
                          vixie,
                          "2019-02-16T12:00:00Z",
                          {"2019-02-17T01:30:00Z", "2019-02-18T02:30:00Z"}},
                      due{"America/Sao_Paulo",
                          "30 23 * * *",
                          wall,
                          "2019-02-16T12:00:00Z",
                          {"2019-02-17T01:30:00Z", "2019-02-17T02:30:00Z", "2019-02-18T02:30:00Z"}},
                      due{"America/Sao_Paulo",
                          "0 0 * * *",
                          vixie,
                          "2019-02-16T12:00:00Z",
                          {"2019-02-17T03:00:00Z", "2019-02-18T03:00:00Z"}},
                      due{"America/Sao_Paulo",
                          "0 0 * * *",
                          wall,
                          "2019-02-16T12:00:00Z",
                          {"2019-02-17T03:00:00Z", "2019-02-18T03:00:00Z"}},
                      due{"Asia/Beirut", "0 0 29 3 *", vixie, "2026-01-01T00:00:00Z", {"2026-03-28T22:00:00Z"}},
                      due{"Asia/Beirut", "30 0 * * SUN", wall, "2026-03-28T00:00:00Z", {"2026-04-04T21:30:00Z"}},
                      due{"Asia/Beirut",
                          "30 23 * * SAT",
                          vixie,
                          "2026-10-24T00:00:00Z",
                          {"2026-10-24T20:30:00Z", "2026-10-31T21:30:00Z"}},
                      due{"Asia/Beirut",
                          "30 23 * * SAT",
                          wall,
                          "2026-10-24T00:00:00Z",
                          {"2026-10-24T20:30:00Z", "2026-10-24T21:30:00Z", "2026-10-31T21:30:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    WithoutChanges, CronScheduleInZone,
    ::testing::Values(due{"Asia/Kathmandu",
                          "0 9 * * *",
                          vixie,
                          "2026-11-27T00:00:00Z",
                          {"2026-11-27T03:15:00Z", "2026-11-28T03:15:00Z"}},
                      due{"Etc/GMT+3", "0 9 * * *", wall, "2026-11-27T00:00:00Z", {"2026-11-27T12:00:00Z"}}));

}  // namespace
}  // namespace streamspace::testing
