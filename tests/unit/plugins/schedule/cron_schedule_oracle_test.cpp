#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <random>

#include <gmock/gmock.h>

#include "schedule_test.hpp"
#include <streamspace/plugins/schedule/zone_periods.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono;

/// An expression as its text and, made beside it and without the parser, the values of its fields.
struct random_expression {
  std::string text;
  std::array<std::array<bool, 60>, 6> values{};  ///< Second to day of the week.
  std::array<bool, 6> star{};

  bool matches_time(const std::tm& t) const {
    return values[0][static_cast<std::size_t>(t.tm_sec)] && values[1][static_cast<std::size_t>(t.tm_min)] &&
           values[2][static_cast<std::size_t>(t.tm_hour)];
  }
  bool matches(const std::tm& t) const {
    const bool day = values[3][static_cast<std::size_t>(t.tm_mday)];
    const bool weekday = values[5][static_cast<std::size_t>(t.tm_wday)];
    const bool date = star[3] || star[5] ? day && weekday : day || weekday;
    return matches_time(t) && date && values[4][static_cast<std::size_t>(t.tm_mon) + 1];
  }
};

class expression_maker {
 public:
  explicit expression_maker(std::mt19937& random) : random_{random} {}

  /// With `often`, few values are left out, so that a short while has many instants.
  random_expression make(bool seconds, bool often) {
    random_expression made;
    made.values[0][0] = true;
    constexpr std::array<std::pair<int, int>, 6> bounds{{{0, 59}, {0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};
    for (std::size_t i = seconds ? 0 : 1; i < 6; ++i) {
      if (!made.text.empty()) made.text += ' ';
      add_field(made, i, bounds[i].first, bounds[i].second, often && i >= 2 ? 2 : 5);
    }
    return made;
  }

 private:
  int from_to(int first, int last) { return std::uniform_int_distribution{first, last}(random_); }

  void add_field(random_expression& made, std::size_t i, int first, int last, int stars_of_ten) {
    made.values[i].fill(false);
    if (from_to(1, 10) > stars_of_ten) {
      made.star[i] = true;
      add_item(made, i, first, last, true, "*");
      return;
    }
    for (int items = from_to(1, 3); items > 0; --items) {
      add_item(made, i, first, last, false, "");
      if (items > 1) made.text += ',';
    }
  }

  void add_item(random_expression& made, std::size_t i, int first, int last, bool star, const std::string& text) {
    made.text += text;
    int begin = first;
    int end = last;
    bool stepped = from_to(1, 3) == 1;
    if (!star) {
      begin = from_to(first, last);
      made.text += std::to_string(begin);
      if (from_to(0, 1) == 1) {
        end = from_to(begin, last);
        made.text += '-' + std::to_string(end);
      } else if (!stepped) {
        end = begin;
      }
    }
    const int step = stepped ? from_to(1, (last - first) / 2) : 1;
    if (stepped) made.text += '/' + std::to_string(step);
    for (int n = begin; n <= end; n += step) made.values[i][static_cast<std::size_t>(n)] = true;
  }

  std::mt19937& random_;
};

std::tm local(std::time_t t) {
  std::tm parts{};
  ::localtime_r(&t, &parts);
  return parts;
}

/// The time on the wall, as a number of seconds.
std::time_t wall_of(std::tm parts) {
  return ::timegm(&parts);
}

/// Walks through time and looks at the C library's clock at each step.
std::vector<timestamp> instants(const random_expression& e, dst_rule rule, std::time_t begin, std::time_t end,
                                int step) {
  std::vector<timestamp> found;
  const bool once = rule == dst_rule::vixie && !e.star[1] && !e.star[2];
  // What clocks showed a while before.
  auto shown = wall_of(local(begin - 2 * 86'400));
  for (auto t = begin - 2 * 86'400; t < begin; t += 60) shown = std::max(shown, wall_of(local(t)) + 60 - step);
  for (auto t = begin; t < end; t += step) {
    const auto here = local(t);
    bool due = false;
    if (once) {
      const auto now_shown = wall_of(here);
      for (auto w = shown + step; w <= now_shown && !due; w += step) {
        std::tm parts{};
        ::gmtime_r(&w, &parts);
        due = e.matches(parts);
      }
      shown = std::max(shown, now_shown);
    } else {
      due = e.matches(here);
    }
    if (due) found.emplace_back(seconds{t});
  }
  return found;
}

class CronScheduleOracle : public ::testing::Test {
 protected:
  static void use_zone(const std::string& zone) {
    ::setenv("TZ", (":" + zone).c_str(), 1);
    ::tzset();
  }

  void compare(const random_expression& e, const std::string& zone, dst_rule rule, std::time_t begin, std::time_t end,
               int step) {
    const auto parsed = cron_expression::parse(e.text, step == 1 ? cron_syntax::seconds : cron_syntax::minutes);
    if (!parsed) {
      // Only for a day that never comes; the walk must not find one either.
      ASSERT_EQ(parsed.error().fact("field"), "day-of-month") << e.text << ": " << parsed.error().message();
      ASSERT_NE(parsed.error().message().find("not exist"), std::string::npos) << e.text;
      ASSERT_TRUE(instants(e, rule, begin, end, step).empty()) << e.text;
      return;
    }
    const cron_schedule schedule{*parsed, value_or_raise(time_zone::find(zone)), rule};
    auto after = timestamp{seconds{begin}} - 1us;
    for (const auto expected : instants(e, rule, begin, end, step)) {
      const auto next = schedule.next(after);
      ASSERT_TRUE(next) << e.text << " in " << zone << " after " << in_utc(after);
      ASSERT_EQ(in_utc(*next), in_utc(expected)) << e.text << " in " << zone << " after " << in_utc(after);
      after = *next;
      ++compared_;
    }
    const auto next = schedule.next(after);
    ASSERT_TRUE(!next || *next >= timestamp{seconds{end}}) << e.text << " in " << zone << ": " << in_utc(*next);
  }

  std::mt19937 random_{20261127};
  expression_maker maker_{random_};
  std::size_t compared_ = 0;
};

TEST_F(CronScheduleOracle, AgreesMinuteByMinuteInUtc) {
  use_zone("UTC");
  for (int i = 0; i < 250; ++i) {
    const auto begin = std::uniform_int_distribution<std::time_t>{-2'000'000'000, 16'000'000'000}(random_) / 60 * 60;
    compare(maker_.make(false, i % 2 == 0), "UTC", dst_rule::vixie, begin, begin + 20 * 86'400, 60);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared_, 10'000u);
}

TEST_F(CronScheduleOracle, AgreesSecondBySecond) {
  use_zone("UTC");
  for (int i = 0; i < 100; ++i) {
    const auto begin = std::uniform_int_distribution<std::time_t>{0, 4'000'000'000}(random_);
    compare(maker_.make(true, true), "UTC", dst_rule::vixie, begin, begin + 6 * 3600, 1);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared_, 10'000u);
}

class CronScheduleZoneOracle : public CronScheduleOracle, public ::testing::WithParamInterface<const char*> {};

TEST_P(CronScheduleZoneOracle, AgreesAroundEachChangeOfTheClocks) {
  const std::string zone = GetParam();
  use_zone(zone);
  const auto periods = value_or_raise(time_zone::find(zone)).periods();
  // Some changes after 1975, and some far away.
  std::vector<std::time_t> changes;
  for (const auto from : {1975y, 1994y, 2011y, 2026y, 2399y})
    for (auto [i, t] = std::pair{0, sys_seconds{sys_days{from / 1 / 1}}}; i < 2; ++i) {
      const auto end = periods.at(t).end;
      if (end > sys_days{2500y / 1 / 1}) break;
      changes.push_back(end.time_since_epoch().count());
      t = end;
    }
  ASSERT_FALSE(changes.empty());
  for (const auto change : changes)
    for (int i = 0; i < 6; ++i) {
      const auto expression = maker_.make(false, true);
      const auto begin = change - (i % 3) * 3600 - 86'400;
      for (const auto rule : {dst_rule::vixie, dst_rule::wall})
        compare(expression, zone, rule, begin, begin + 3 * 86'400, 60);
      if (HasFatalFailure()) return;
    }
  EXPECT_GT(compared_, 500u);
}

INSTANTIATE_TEST_SUITE_P(Zones, CronScheduleZoneOracle,
                         ::testing::Values("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                                           "Africa/Casablanca", "Antarctica/Troll", "America/Sao_Paulo", "Asia/Beirut",
                                           "America/St_Johns", "Europe/Dublin", "Pacific/Chatham", "Asia/Gaza",
                                           "America/Godthab", "Pacific/Kiritimati"),
                         [](const auto& zone) {
                           std::string name = zone.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace streamspace::testing
