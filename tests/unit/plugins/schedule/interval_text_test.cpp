#include <gmock/gmock.h>

#include "schedule_test.hpp"
#include <streamspace/plugins/schedule/interval_text.hpp>

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;

/// What the interval is as an expression.
std::string meaning_of(const char* text) {
  const auto read = parse_interval(text);
  return read ? read->text() : read.error().message();
}

TEST(IntervalText, HasTheWordsOfTheOriginal) {
  EXPECT_EQ(meaning_of("5m"), "*/5 * * * *");
  EXPECT_EQ(meaning_of("1m"), "*/1 * * * *");
  EXPECT_EQ(meaning_of("30m"), "*/30 * * * *");
  EXPECT_EQ(meaning_of("1h"), "@hourly");
  EXPECT_EQ(meaning_of("6h"), "0 */6 * * *");
  EXPECT_EQ(meaning_of("12h"), "0 */12 * * *");
  for (const auto* day : {"24h", "1 day", "daily", "1 days"}) EXPECT_EQ(meaning_of(day), "@daily") << day;
  EXPECT_EQ(meaning_of("weekly"), "@weekly");
  EXPECT_EQ(meaning_of("1 week"), "@weekly");
  EXPECT_EQ(meaning_of("monthly"), "@monthly");
  EXPECT_EQ(meaning_of("yearly"), "@yearly");
  EXPECT_EQ(meaning_of("hourly"), "@hourly");
}

TEST(IntervalText, CountsFromTheLastTimeWhatDoesNotFitTheClock) {
  EXPECT_EQ(meaning_of("1h30m"), "@every 5400s");
  EXPECT_EQ(meaning_of("7m"), "@every 420s");
  EXPECT_EQ(meaning_of("5h"), "@every 18000s");
  EXPECT_EQ(meaning_of("2 days"), "@every 172800s");
  EXPECT_EQ(meaning_of("90s"), "@every 90s");
  EXPECT_EQ(meaning_of("1s"), "@every 1s");
  EXPECT_EQ(meaning_of("9999 weeks"), "@every 6047395200s");
}

TEST(IntervalText, MeansTheSameHoweverItIsWritten) {
  EXPECT_EQ(meaning_of("60m"), meaning_of("1h"));
  EXPECT_EQ(meaning_of("0.5h"), meaning_of("30 minutes"));
  EXPECT_EQ(meaning_of("120 seconds"), meaning_of("2m"));
  EXPECT_EQ(meaning_of("1 hour"), "@hourly");
}

TEST(IntervalText, RefusesEverythingElse) {
  for (const auto* text : {"", " ", "5", "m", "0m", "-5m", "1.5s", "100ms", "fortnightly", "1  day", " 1 day", "1 day ",
                           "1 month", "a day", "99999 weeks", "5m ", "Daily", "@daily", "1h 30m"})
    EXPECT_THAT(meaning_of(text), HasSubstr("is no interval; write 5m")) << text;
}

}  // namespace
}  // namespace streamspace::testing
