#include <cli/demo_usage.hpp>
#include <gmock/gmock.h>

#include "demo_scene.hpp"

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DemoUsage, ReadsWhatAnalyticsAnswers) {
  const auto summary = json::parse(R"({"sessions": {"created": 7, "ended": 6, "running": 1, "max_running": 3},
                                       "users": {"active": 2}, "durations": {"count": 6, "total": 1.5, "p50": 0.25}})");
  const auto hourly = json::parse(R"({"hours": [{"hour": "A", "created": 0, "started": 0, "ended": 0},
                                                {"hour": "B", "created": 7, "started": 6, "ended": 5}]})");
  const auto templates = json::parse(R"({"templates": [{"template": "gimp", "sessions": 7}]})");
  const auto usage = usage_of_analytics(summary, hourly, templates);
  EXPECT_EQ(usage.created, 7);
  EXPECT_EQ(usage.ended, 6);
  EXPECT_EQ(usage.running, 1);
  EXPECT_EQ(usage.active_users, 2);
  EXPECT_EQ(usage.ran, 6);
  EXPECT_EQ(usage.running_seconds, 1.5);
  EXPECT_EQ(usage.median_seconds, 0.25);
  EXPECT_EQ(usage.templates, (std::map<std::string, std::int64_t>{{"gimp", 7}}));
  EXPECT_EQ(usage.hours, (std::map<std::string, demo_usage::hour>{{"B", {7, 6, 5}}}));
}

TEST(DemoUsage, HasNoMedianWhenNothingRan) {
  const auto summary = json::parse(R"({"sessions": {"created": 0, "ended": 0, "running": 0}, "users": {"active": 0},
                                       "durations": {"count": 0, "total": 0, "p50": null}})");
  EXPECT_EQ(usage_of_analytics(summary, {{"hours", json::array()}}, {{"templates", json::array()}}).median_seconds, 0);
}

TEST(DemoUsage, ThrowsWhenAnalyticsAnswersSomethingElse) {
  EXPECT_THROW(usage_of_analytics(json::object(), json::object(), json::object()), json::exception);
}

TEST(DemoUsage, BoundsRunningTimesByWhatTheClientsSaw) {
  const auto usage = usage_of_record(good_scene().record);
  // Twice a session the steps follow on each other; the longest is from before the one request to after the other.
  EXPECT_NEAR(usage.least_running_seconds, 0, 1e-9);
  EXPECT_NEAR(usage.most_running_seconds, 4 * 2 * 0.020, 1e-9);
  EXPECT_EQ(usage.created, 4);
  EXPECT_EQ(usage.ended, 4);
  EXPECT_EQ(usage.active_users, 3);
}

TEST(DemoUsage, LeavesStepsOutThatFailed) {
  auto record = good_scene().record;
  for (auto& call : record.calls)
    if (call.step == demo_step::stop) call.succeeded = false;
  const auto usage = usage_of_record(record);
  EXPECT_EQ(usage.ended, 0);
  EXPECT_NEAR(usage.most_running_seconds, 4 * 0.020, 1e-9);
}

TEST(DemoUsage, FindsNoDifferenceWhereThereIsNone) {
  const auto s = good_scene();
  EXPECT_THAT(difference(s.found.analytics, s.found.counted_by_sql), IsEmpty());
  EXPECT_THAT(difference(s.found.analytics, usage_of_record(s.record)), IsEmpty());
}

TEST(DemoUsage, NamesWhatSqlCountsOtherwise) {
  const auto s = good_scene();
  auto counted = s.found.counted_by_sql;
  counted.created = 5;
  counted.templates["gimp"] = 2;
  counted.hours["2023-11-14T22:00:00.000000Z"].ended = 3;
  counted.median_seconds += 0.5;
  const auto text = difference(s.found.analytics, counted);
  EXPECT_THAT(text, HasSubstr("sessions created: analytics 4, SQL 5"));
  EXPECT_THAT(text, HasSubstr("sessions of gimp: analytics 1, SQL 2"));
  EXPECT_THAT(text, HasSubstr("created/started/ended at 2023-11-14T22:00:00.000000Z: analytics 4/4/4, SQL 4/4/3"));
  EXPECT_THAT(text, HasSubstr("median seconds"));
}

TEST(DemoUsage, NamesATemplateThatAnalyticsDoesNotKnow) {
  auto s = good_scene();
  s.found.analytics.templates.erase("gimp");
  EXPECT_THAT(difference(s.found.analytics, usage_of_record(s.record)),
              HasSubstr("sessions of gimp: analytics 0, the clients 1"));
}

TEST(DemoUsage, RefusesRunningTimesThatTheClientsCannotHaveSeen) {
  auto s = good_scene();
  s.found.analytics.running_seconds = 1;
  EXPECT_THAT(difference(s.found.analytics, usage_of_record(s.record)), HasSubstr("seconds running"));
}

}  // namespace
}  // namespace streamspace::testing
