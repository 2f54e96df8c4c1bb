#include <algorithm>

#include <gmock/gmock.h>

#include "program.hpp"

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;

struct ended {
  std::optional<int> status;
  std::string output;  ///< Of both streams.
};

ended cron(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "cron");
  program run{STREAMSPACE_PROGRAM, arguments, {"PATH=/usr/bin:/bin"}};
  const auto status = run.exit_status();
  return {status, run.output()};
}

TEST(Cron, PrintsTheNextInstantInUtc) {
  const auto run = cron({"next", "30 2 * * *", "--from", "2026-03-28T12:00:00Z", "--tz", "Europe/Berlin"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "2026-03-29T01:00:00Z\n");
}

TEST(Cron, PrintsAsManyAsAskedFor) {
  const auto run = cron({"next", "--count", "3", "--from", "2026-11-27T11:30:00+01:00", "*/20 * * * *"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "2026-11-27T10:40:00Z\n2026-11-27T11:00:00Z\n2026-11-27T11:20:00Z\n");
}

TEST(Cron, PrintsFewerWhereThereAreNoMore) {
  const auto run = cron({"next", "0 0 31 12 *", "--count", "9", "--from", "9998-01-01T00:00:00Z"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "9998-12-31T00:00:00Z\n9999-12-31T00:00:00Z\n");
}

TEST(Cron, KnowsBothRulesForClocksThatChange) {
  const std::vector<std::string> call{"next", "30 2 * * *",    "--from", "2026-10-25T00:30:00Z",
                                      "--tz", "Europe/Berlin", "--dst"};
  auto vixie = call;
  vixie.emplace_back("vixie");
  auto wall = call;
  wall.emplace_back("wall");
  EXPECT_EQ(cron(vixie).output, "2026-10-26T01:30:00Z\n");
  EXPECT_EQ(cron(wall).output, "2026-10-25T01:30:00Z\n");
}

TEST(Cron, TakesSecondsWhenAskedFor) {
  const auto run = cron({"next", "--seconds", "*/30 * * * * *", "--from", "2026-11-27T10:00:00Z"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "2026-11-27T10:00:30Z\n");
}

TEST(Cron, LooksFromNowOn) {
  const auto run = cron({"next", "@every 1s"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output.size(), std::string_view{"2026-03-29T01:00:00Z\n"}.size()) << run.output;
}

TEST(Cron, SaysInWordsWhenItIsDue) {
  const auto run = cron({"describe", "0 9,17 * * MON-FRI"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "at 09:00 and 17:00, Monday to Friday\n");
}

TEST(Cron, EndsWith3IfItIsNeverDue) {
  const auto run =
      cron({"next", "30 2 8-14 3 */7", "--from", "2026-01-01T00:00:00Z", "--tz", "America/New_York", "--dst", "wall"});
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.output, "streamspace: the expression is never due after 2026-01-01T00:00:00.000000Z\n");
}

struct wrong_call {
  std::vector<std::string> arguments;
  const char* says;
};

class CronCalledWrongly : public ::testing::TestWithParam<wrong_call> {};

TEST_P(CronCalledWrongly, EndsWith2AndOneLine) {
  const auto run = cron(GetParam().arguments);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, HasSubstr(GetParam().says));
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 1) << run.output;
}

INSTANTIATE_TEST_SUITE_P(
    Calls, CronCalledWrongly,
    ::testing::Values(wrong_call{{"next", "61 * * * *"}, "streamspace: minute: 61 is above 59, at column 1"},
                      wrong_call{{"describe", "61 * * * *"}, "streamspace: minute: 61 is above 59, at column 1"},
                      wrong_call{{"next", "0 0 30 2 *"}, "day-of-month: 30 does not exist in February, at column 5"},
                      wrong_call{{"next", ""}, "expression: it is empty, at column 1"},
                      wrong_call{{"next", "0 0 *\n* 9"}, "day-of-week: 9 is above 7, at column 9"},
                      wrong_call{{"next", "@daily", "--tz", "Mars/Olympus"},
                                 "--tz: there is no time zone 'Mars/Olympus'"},
                      wrong_call{{"next", "@daily", "--from", "yesterday"}, "--from: 'yesterday' is no instant"},
                      wrong_call{{"next", "@daily", "--dst", "sun"}, "--dst"},
                      wrong_call{{"next", "@daily", "--count", "0"}, "--count"},
                      wrong_call{{"next", "@daily", "--cuont", "2"}, "did you mean '--count'?"},
                      wrong_call{{"next"}, "EXPR is required"}, wrong_call{{"describe"}, "EXPR is required"},
                      wrong_call{{}, "streamspace cron: A subcommand is required"},
                      wrong_call{{"nxt", "@daily"}, "did you mean 'next'?"}));

}  // namespace
}  // namespace streamspace::testing
