#include <map>
#include <random>

#include <gmock/gmock.h>

#include <streamspace/plugins/schedule/cron_words.hpp>

namespace streamspace::testing {
namespace {

struct wording {
  const char* expression;
  const char* words;
  cron_syntax syntax = cron_syntax::minutes;
};

class CronWords : public ::testing::TestWithParam<wording> {};

TEST_P(CronWords, SayWhenItIsDue) {
  const auto& [expression, words, syntax] = GetParam();
  EXPECT_EQ(describe(value_or_raise(cron_expression::parse(expression, syntax))), words) << expression;
}

INSTANTIATE_TEST_SUITE_P(
    Table, CronWords,
    ::testing::Values(wording{"0 9,17 * * MON-FRI", "at 09:00 and 17:00, Monday to Friday"},
                      wording{"0 9 * * *", "at 09:00, every day"}, wording{"* * * * *", "every minute"},
                      wording{"*/5 * * * *", "every 5 minutes"}, wording{"0,30 * * * *", "every 30 minutes"},
                      wording{"0-59 0-23 * * *", "every minute"}, wording{"0 * * * *", "every hour"},
                      wording{"*/90 * * * *", "every hour"}, wording{"5 * * * *", "at minute 5 of every hour"},
                      wording{"5,35 * * * *", "at minutes 5 and 35 of every hour"},
                      wording{"*/7 * * * *", "at minutes 0 to 56 in steps of 7 of every hour"},
                      wording{"0-5,10,20 * * * *", "at minutes 0 to 5, 10 and 20 of every hour"},
                      wording{"0 */2 * * *", "every 2 hours"}, wording{"30 */2 * * *", "every 2 hours at minute 30"},
                      wording{"0 */8 * * *", "at 00:00, 08:00 and 16:00, every day"},
                      wording{"*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:45"},
                      wording{"* 9-17 * * *", "every minute from 09:00 to 17:59"},
                      wording{"* 9 * * *", "every minute from 09:00 to 09:59"},
                      wording{"* 9,12 * * *", "every minute of hours 9 and 12"},
                      wording{"30 9-17 * * 1-5", "every hour from 09:30 to 17:30, Monday to Friday"},
                      wording{"10,20,40 2,4 * * *", "at 02:10, 02:20, 02:40, 04:10, 04:20 and 04:40, every day"},
                      wording{"10,20,40 2,4,9 * * *", "at minutes 10, 20 and 40 of hours 2, 4 and 9"},
                      wording{"0 12 * * SUN", "at 12:00, on Sunday"},
                      wording{"0 12 * * SAT,SUN", "at 12:00, on Saturday and Sunday"},
                      wording{"0 12 * * 5-7", "at 12:00, Friday to Sunday"},
                      wording{"0 12 * * 1,3,5", "at 12:00, on Monday, Wednesday and Friday"},
                      wording{"0 12 * * 0-6", "at 12:00, every day"},
                      wording{"0 0 1,15 * *", "at 00:00, on days 1 and 15 of the month"},
                      wording{"0 0 1 1,7 *", "at 00:00, on day 1 of January and July"},
                      wording{"0 0 25 12 *", "at 00:00, on 25 December"},
                      wording{"0 0 * 6-8 *", "at 00:00, every day in June to August"},
                      wording{"*/5 * * 1 *", "every 5 minutes, every day in January"},
                      wording{"0 0 * 6 1", "at 00:00, on Monday in June"},
                      wording{"0 0 13 * FRI", "at 00:00, on day 13 of the month or on Friday"},
                      wording{"0 0 13 1 FRI", "at 00:00, on day 13 of the month or on Friday in January"},
                      wording{"0 0 1-31 * FRI", "at 00:00, every day"},
                      wording{"0 0 */2 * MON", "at 00:00, on days 1 to 31 in steps of 2 of the month if it is Monday"},
                      wording{"@weekly", "at 00:00, on Sunday"}, wording{"@yearly", "at 00:00, on 1 January"},
                      wording{"CRON_TZ=Europe/Berlin 0 9 * * *", "at 09:00, every day, in the zone Europe/Berlin"},
                      wording{"@every 90s", "every 1 minute 30 seconds"}, wording{"@every 1h", "every hour"},
                      wording{"@every 49h0m1s", "every 49 hours 1 second"}, wording{"@every 1s", "every second"},
                      wording{"* * * * * *", "every second", cron_syntax::seconds},
                      wording{"*/10 * * * * *", "every 10 seconds", cron_syntax::seconds},
                      wording{"30 0 9 * * *", "at 09:00:30, every day", cron_syntax::seconds},
                      wording{"0 0 9 * * *", "at 09:00, every day", cron_syntax::seconds},
                      wording{"0,30 * 9 * * *", "at seconds 0 and 30 of every minute of hour 9", cron_syntax::seconds},
                      wording{"* 30 2 * * *", "every second of minute 30 of hour 2", cron_syntax::seconds}));

/// What makes a difference to when it is due: the same text for two of these would be a lie for one of them.
auto meaning_of(const cron_fields& f) {
  std::vector<std::uint32_t> days;
  // All months of a leap year and of another one that begin on all days of the week.
  for (int y = 2000; y < 2028; ++y)
    for (unsigned m = 1; m <= 12; ++m)
      days.push_back((f.months >> m & 1U) != 0 ? f.days_of(std::chrono::year{y}, std::chrono::month{m}) : 0);
  return std::tuple{f.seconds, f.minutes, f.hours, days};
}

TEST(CronWords, DifferWhereTheTimesDiffer) {
  std::mt19937 random{7};
  const auto pick = [&](const std::vector<const char*>& of) {
    return std::string{of[std::uniform_int_distribution<std::size_t>{0, of.size() - 1}(random)]};
  };
  std::map<std::string, decltype(meaning_of({}))> known;
  for (int i = 0; i < 20'000; ++i) {
    const auto text = pick({"0", "0", "*", "*/10", "30", "0,30", "1-5"}) + ' ' +
                      pick({"*", "0", "*/5", "0-59", "*/7", "5/15", "30", "0,30", "1,2,3", "0,59", "10,20,40"}) + ' ' +
                      pick({"*", "0", "9", "*/2", "1/2", "0-23", "9-17", "9,10", "0,12", "*/8", "2,4,9"}) + ' ' +
                      pick({"*", "1", "1-31", "1,15", "*/2", "1/2", "2/2", "1-7", "29", "31"}) + ' ' +
                      pick({"*", "1", "3", "1,3", "6-8", "*/3", "1-12"}) + ' ' +
                      pick({"*", "0", "7", "1", "1-5", "5-7", "0,6", "*/2", "0-6", "1/2", "*/7"});
    const auto read = cron_expression::parse(text, cron_syntax::seconds);
    if (!read) continue;
    const auto words = describe(*read);
    const auto [place, is_new] = known.emplace(words, meaning_of(read->fields()));
    if (!is_new) {
      ASSERT_EQ(place->second, meaning_of(read->fields())) << text << ": " << words;
    }
  }
  EXPECT_GT(known.size(), 5'000u);
}

}  // namespace
}  // namespace streamspace::testing
