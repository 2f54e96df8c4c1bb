#include <gmock/gmock.h>

#include "schedule_test.hpp"
#include <streamspace/plugins/schedule/zone_periods.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono;

struct change {
  const char* zone;
  const char* at;
  seconds before;
  seconds after;
};

class TimeZone : public ::testing::TestWithParam<change> {};

TEST_P(TimeZone, ChangesItsOffset) {
  const auto& [name, text, before, after] = GetParam();
  const auto zone = value_or_raise(time_zone::find(name));
  const auto at_change = floor<seconds>(at(text));
  const auto old = zone.periods().at(at_change - 1s);
  const auto begun = zone.periods().at(at_change);
  EXPECT_EQ(old.offset, before);
  EXPECT_EQ(old.end, at_change);
  EXPECT_EQ(begun.begin, at_change);
  EXPECT_EQ(begun.offset, after);
  EXPECT_EQ(begun.reached, old.local(at_change));
}

INSTANTIATE_TEST_SUITE_P(Table, TimeZone,
                         ::testing::Values(change{"Europe/Berlin", "2026-03-29T01:00:00Z", 1h, 2h},
                                           change{"Europe/Berlin", "2026-10-25T01:00:00Z", 2h, 1h},
                                           // Beyond what zone files list.
                                           change{"Europe/Berlin", "2038-03-28T01:00:00Z", 1h, 2h},
                                           change{"Europe/Berlin", "2100-03-28T01:00:00Z", 1h, 2h},
                                           change{"Europe/Berlin", "2500-03-28T01:00:00Z", 1h, 2h},
                                           change{"America/New_York", "2400-03-12T07:00:00Z", -5h, -4h},
                                           change{"America/New_York", "9999-11-07T06:00:00Z", -4h, -5h},
                                           change{"Australia/Lord_Howe", "2026-04-04T15:00:00Z", 11h, 10h + 30min},
                                           change{"Africa/Casablanca", "2026-02-15T02:00:00Z", 1h, 0h},
                                           change{"Africa/Casablanca", "2026-03-22T02:00:00Z", 0h, 1h},
                                           change{"Pacific/Apia", "2011-12-30T10:00:00Z", -10h, 14h},
                                           change{"America/St_Johns", "2010-03-14T03:31:00Z", -3h - 30min,
                                                  -2h - 30min}));

TEST(TimeZone, IsTheSameAfterFourHundredYears) {
  for (const auto* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"}) {
    const auto zone = value_or_raise(time_zone::find(name));
    for (sys_seconds t = sys_days{2100y / 1 / 1}; t < sys_days{2102y / 1 / 1}; t += 1h)
      for (const auto shift : {zone_periods::cycle, 7 * zone_periods::cycle})
        ASSERT_EQ(zone.periods().at(t).offset, zone.periods().at(t + shift).offset) << name << in_utc(t);
  }
}

TEST(TimeZone, IsUtcUnlessToldOtherwise) {
  EXPECT_EQ(time_zone{}.name(), "UTC");
  EXPECT_EQ(time_zone{}.periods().at(sys_days{2026y / 7 / 1}).offset, 0s);
  EXPECT_EQ(time_zone{}, value_or_raise(time_zone::find("UTC")));
}

TEST(TimeZone, OfAnotherNameIsAnError) {
  for (const auto* name : {"", "Mars/Olympus", "europe/berlin", "../zoneinfo/Europe/Berlin", "Europe", "zone.tab"}) {
    const auto zone = time_zone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code(), ec::invalid_argument) << name;
  }
}

}  // namespace
}  // namespace streamspace::testing
