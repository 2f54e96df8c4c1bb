#include <gmock/gmock.h>

#include <streamspace/plugins/schedule/cron_expression.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;

cron_fields fields_of(const std::string& text, cron_syntax syntax = cron_syntax::minutes) {
  return value_or_raise(cron_expression::parse(text, syntax)).fields();
}

struct mistake {
  const char* text;
  const char* message;
  cron_syntax syntax = cron_syntax::minutes;
};

class CronExpressionError : public ::testing::TestWithParam<mistake> {};

TEST_P(CronExpressionError, NamesTheFieldWhatIsWrongAndTheColumn) {
  const auto& [text, message, syntax] = GetParam();
  const auto read = cron_expression::parse(text, syntax);
  ASSERT_FALSE(read) << text;
  EXPECT_EQ(read.error().code(), ec::invalid_argument);
  EXPECT_EQ(read.error().message(), message) << text;
  EXPECT_EQ(read.error().message().find(read.error().fact("field")), 0u);
  EXPECT_TRUE(read.error().message().ends_with(", at column " + std::string{read.error().fact("column")}));
}

INSTANTIATE_TEST_SUITE_P(
    Bounds, CronExpressionError,
    ::testing::Values(mistake{"61 * * * *", "minute: 61 is above 59, at column 1"},
                      mistake{"  61 * * * *", "minute: 61 is above 59, at column 3"},
                      mistake{"60 * * * *", "minute: 60 is above 59, at column 1"},
                      mistake{"5,60 * * * *", "minute: 60 is above 59, at column 3"},
                      mistake{"5-60 * * * *", "minute: 60 is above 59, at column 3"},
                      mistake{"99999999999999999999 * * * *",
                              "minute: '99999999999999999999' is above 59, at column 1"},
                      mistake{"0 24 * * *", "hour: 24 is above 23, at column 3"},
                      mistake{"0\t24 * * *", "hour: 24 is above 23, at column 3"},
                      mistake{"0 0 0 * *", "day-of-month: 0 is below 1, at column 5"},
                      mistake{"0 0 32 * *", "day-of-month: 32 is above 31, at column 5"},
                      mistake{"0 0 1 0 *", "month: 0 is below 1, at column 7"},
                      mistake{"0 0 1 13 *", "month: 13 is above 12, at column 7"},
                      mistake{"0 0 * * 8", "day-of-week: 8 is above 7, at column 9"},
                      mistake{"60 0 0 * * *", "second: 60 is above 59, at column 1", cron_syntax::seconds},
                      mistake{"0 0 0 * * 8", "day-of-week: 8 is above 7, at column 11", cron_syntax::seconds},
                      mistake{"CRON_TZ=UTC 61 * * * *", "minute: 61 is above 59, at column 13"}));

INSTANTIATE_TEST_SUITE_P(
    Shape, CronExpressionError,
    ::testing::Values(
        mistake{"", "expression: it is empty, at column 1"},
        mistake{"* * * *",
                "expression: 4 fields where 5 are wanted (minute hour day-of-month month day-of-week), at column 8"},
        mistake{
            "* * * * * *",
            "expression: 6 fields where 5 are wanted (minute hour day-of-month month day-of-week); a field for seconds "
            "has to be asked for, at column 11"},
        mistake{
            "* * * * *",
            "expression: 5 fields where 6 are wanted (second minute hour day-of-month month day-of-week), at column 10",
            cron_syntax::seconds},
        mistake{"1,,2 * * * *", "minute: a value of the list is missing, at column 3"},
        mistake{"1, * * * *", "minute: a value of the list is missing, at column 3"},
        mistake{",1 * * * *", "minute: a value of the list is missing, at column 1"},
        mistake{"-5 * * * *", "minute: a value is missing before '-', at column 1"},
        mistake{"5- * * * *", "minute: a value is missing after '-', at column 3"},
        mistake{"/5 * * * *", "minute: a value is missing before '/', at column 1"},
        mistake{"*/ * * * *", "minute: a step is missing after '/', at column 3"},
        mistake{"*/0 * * * *", "minute: a step of 0 leads nowhere; a step is a whole number above 0, at column 3"},
        mistake{"*/-1 * * * *", "minute: '-1' is no step; a step is a whole number above 0, at column 3"},
        mistake{"*/5/2 * * * *", "minute: '5/2' is no step; a step is a whole number above 0, at column 3"},
        mistake{"*5 * * * *", "minute: nothing but a step, such as /5, may follow '*', at column 2"},
        mistake{"*-5 * * * *", "minute: nothing but a step, such as /5, may follow '*', at column 2"},
        mistake{"+5 * * * *", "minute: '+5' is no minute; write 0-59, at column 1"},
        mistake{"1.5 * * * *", "minute: '1.5' is no minute; write 0-59, at column 1"},
        mistake{"0 JAN * * *", "hour: 'JAN' is no hour; write 0-23, at column 3"},
        mistake{"0 0 * JANUARY *", "month: 'JANUARY' is no month; write 1-12 or JAN-DEC, at column 7"},
        mistake{"0 0 * * MONDAY", "day-of-week: 'MONDAY' is no day-of-week; write 0-7 or SUN-SAT, at column 9"},
        mistake{"é é * * *", "minute: 'é' is no minute; write 0-59, at column 1"},
        mistake{"0 0 * * \x01", "day-of-week: '?' is no day-of-week; write 0-7 or SUN-SAT, at column 9"},
        mistake{"? * * * *", "minute: '?' is for the day-of-month and the day-of-week; write '*', at column 1"},
        mistake{"0 0 * ? *", "month: '?' is for the day-of-month and the day-of-week; write '*', at column 7"}));

INSTANTIATE_TEST_SUITE_P(
    RangesThatRunBackwards, CronExpressionError,
    ::testing::Values(
        mistake{
            "30-10 * * * *",
            "minute: '30-10' ends before it begins (30 is above 10); write it as two ranges with a comma, at column 1"},
        mistake{"0 22-2 * * *",
                "hour: '22-2' ends before it begins (22 is above 2); write it as two ranges with a comma, at column 3"},
        mistake{"0 0 * * FRI-MON",
                "day-of-week: 'FRI-MON' ends before it begins (5 is above 1); write it as two ranges with a comma, at "
                "column "
                "9"},
        mistake{"0 0 * * FRI-SUN",
                "day-of-week: 'FRI-SUN' ends before it begins (5 is above 0); write 7 for the Sunday at the end of a "
                "range, "
                "at column 9"}));

INSTANTIATE_TEST_SUITE_P(OfQuartz, CronExpressionError,
                         ::testing::Values(mistake{"0 0 L * *",
                                                   "day-of-month: 'L' (the last day) is not supported; list the days, "
                                                   "or let the job look at the date, at column "
                                                   "5"},
                                           mistake{"0 0 1,L-3 * *",
                                                   "day-of-month: 'L' (the last day) is not supported; list the days, "
                                                   "or let the job look at the date, at column "
                                                   "7"},
                                           mistake{"0 0 lw * *",
                                                   "day-of-month: 'L' (the last day) is not supported; list the days, "
                                                   "or let the job look at the date, at column "
                                                   "5"},
                                           mistake{"0 0 15W * *",
                                                   "day-of-month: 'W' (the nearest working day) is not supported; list "
                                                   "the days, or let the job look at the date, "
                                                   "at column 7"},
                                           mistake{"0 0 ? * 6L",
                                                   "day-of-week: 'L' (the last day) is not supported; list the days, "
                                                   "or let the job look at the date, at column "
                                                   "10"},
                                           mistake{"0 0 ? * FRIL",
                                                   "day-of-week: 'L' (the last day) is not supported; list the days, "
                                                   "or let the job look at the date, at column "
                                                   "12"},
                                           mistake{"0 0 ? * MON#2",
                                                   "day-of-week: '#' (the nth of a weekday in the month) is not "
                                                   "supported; list the days, or let the job look at "
                                                   "the date, at column 12"},
                                           mistake{"0 0 ? * 6#3",
                                                   "day-of-week: '#' (the nth of a weekday in the month) is not "
                                                   "supported; list the days, or let the job look at "
                                                   "the date, at column 10"}));

INSTANTIATE_TEST_SUITE_P(
    DatesThatNeverCome, CronExpressionError,
    ::testing::Values(mistake{"0 0 30 2 *", "day-of-month: 30 does not exist in February, at column 5"},
                      mistake{"0 0 31 FEB ?", "day-of-month: 31 does not exist in February, at column 5"},
                      mistake{"0 0 30,31 2 *", "day-of-month: 30 and 31 do not exist in February, at column 5"},
                      mistake{"0 0 31 4,6,9,11 *",
                              "day-of-month: 31 does not exist in April, June, September or November, at column 5"},
                      mistake{"0 0 30 2 */2", "day-of-month: 30 does not exist in February, at column 5"},
                      mistake{"0 0 0 30 2 *", "day-of-month: 30 does not exist in February, at column 7",
                              cron_syntax::seconds}));

INSTANTIATE_TEST_SUITE_P(
    Shorthands, CronExpressionError,
    ::testing::Values(
        mistake{"@Daily",
                "expression: '@Daily' is not known; there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, "
                "@annually and @every, at column 1"},
        mistake{"@daily 5", "expression: nothing may follow @daily, at column 8"},
        mistake{"@reboot",
                "expression: @reboot is not supported; do in on_load what is to be done at each start, at column 1"},
        mistake{"@every", "@every: a duration is missing, such as 1h30m, at column 7"},
        mistake{"@every 90", "@every: '90' has no unit; the units are h, m, s, ms, us and ns, at column 8"},
        mistake{"@every 1h5x", "@every: 'x' is no unit; the units are h, m, s, ms, us and ns, at column 11"},
        mistake{"@every 0s", "@every: '0s' is not above 0, at column 8"},
        mistake{"@every -5s", "@every: '-5s' is not above 0, at column 8"},
        mistake{"@every 1h 30m",
                "@every: nothing may follow the duration; write it without spaces, such as 1h30m, at column 11"}));

INSTANTIATE_TEST_SUITE_P(
    Zones, CronExpressionError,
    ::testing::Values(
        mistake{"TZ=Mars/Olympus 0 9 * * *",
                "time zone: there is no time zone 'Mars/Olympus'; zones have names like Europe/Berlin, at column 4"},
        mistake{
            "CRON_TZ=../../../etc/passwd 0 9 * * *",
            "time zone: there is no time zone '../../../etc/passwd'; zones have names like Europe/Berlin, at column 9"},
        mistake{"CRON_TZ= 0 9 * * *", "time zone: a name is missing after '=', at column 9"},
        mistake{"TZ=UTC", "expression: nothing follows the time zone, at column 7"}));

TEST(CronExpression, HasABound) {
  const auto read = cron_expression::parse("* * * * " + std::string(993, '1'));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "expression: it is longer than 1000 bytes, at column 1001");
}

TEST(CronExpression, HasFiveFieldsAndSixWhenAskedFor) {
  const auto five = fields_of("1 2 3 4 5");
  EXPECT_EQ(five.seconds, 1u);
  EXPECT_EQ(five.minutes, 1u << 1);
  EXPECT_EQ(five.hours, 1u << 2);
  EXPECT_EQ(five.days, 1u << 3);
  EXPECT_EQ(five.months, 1u << 4);
  EXPECT_EQ(five.weekdays, 1u << 5);
  auto six = fields_of("0,30 1 2 3 4 5", cron_syntax::seconds);
  EXPECT_EQ(six.seconds, 1u | 1u << 30);
  six.seconds = 1;
  EXPECT_EQ(six, five);
}

TEST(CronExpression, HasShorthands) {
  EXPECT_EQ(fields_of("@hourly"), fields_of("0 * * * *"));
  EXPECT_EQ(fields_of("@daily"), fields_of("0 0 * * *"));
  EXPECT_EQ(fields_of("@midnight"), fields_of("0 0 * * *"));
  EXPECT_EQ(fields_of("@weekly"), fields_of("0 0 * * 0"));
  EXPECT_EQ(fields_of("@monthly"), fields_of("0 0 1 * *"));
  EXPECT_EQ(fields_of("@yearly"), fields_of("0 0 1 1 *"));
  EXPECT_EQ(fields_of("@annually"), fields_of("0 0 1 1 *"));
  EXPECT_EQ(fields_of("@daily", cron_syntax::seconds), fields_of("0 0 * * *"));
}

TEST(CronExpression, HasIntervalsOfWholeSecondsAndAtLeastOne) {
  const auto interval = [](const char* text) { return value_or_raise(cron_expression::parse(text)).interval(); };
  EXPECT_EQ(interval("@every 90s"), 90s);
  EXPECT_EQ(interval("@every  1h30m10s "), 5410s);
  EXPECT_EQ(interval("@every 1.5h"), 5400s);
  EXPECT_EQ(interval("@every 1500ms"), 1s);
  EXPECT_EQ(interval("@every 10ns"), 1s);
  EXPECT_EQ(interval("0 0 * * *"), std::nullopt);
}

TEST(CronExpression, TakesAZoneInFront) {
  EXPECT_EQ(value_or_raise(cron_expression::parse("CRON_TZ=Asia/Tokyo 0 9 * * *")).zone()->name(), "Asia/Tokyo");
  EXPECT_EQ(value_or_raise(cron_expression::parse("TZ=Asia/Tokyo @daily")).zone()->name(), "Asia/Tokyo");
  EXPECT_FALSE(value_or_raise(cron_expression::parse("0 9 * * *")).zone());
}

TEST(CronExpression, KeepsItsText) {
  EXPECT_EQ(value_or_raise(cron_expression::parse(" TZ=UTC  0 9 * * * ")).text(), " TZ=UTC  0 9 * * * ");
}

TEST(CronExpression, IsPossibleWhereSomeMonthHasTheDay) {
  EXPECT_TRUE(cron_expression::parse("0 0 31 2,3 *"));
  EXPECT_TRUE(cron_expression::parse("0 0 29 2 *"));
  EXPECT_TRUE(cron_expression::parse("0 0 30 2 1"));  // Or a Monday in February.
}

}  // namespace
}  // namespace streamspace::testing
