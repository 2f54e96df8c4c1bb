#include <algorithm>
#include <random>

#include "builtin_plugin_test.hpp"

namespace streamspace::testing {
namespace {

/// Every window of these tests: the first two hours of their day.
constexpr std::string_view window = "?since=2026-03-29T00:00:00Z&until=2026-03-29T02:00:00Z";

class AnalyticsPlugin : public builtin_plugin_test {
 protected:
  AnalyticsPlugin() : builtin_plugin_test{"analytics"} {}

  static json ask(plugin_test_bed& bed, const std::string& path) {
    const auto answer = bed.get(path + std::string{window});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json();
  }
};

/// A session that runs from 10 s to 20 s and from 30 s to 60 s, all of it `offset` seconds later.
std::vector<event> whole_life(const session& s, double offset = 0) {
  return {at(second(offset), s.created()),         at(second(offset + 10), s.started()),
          at(second(offset + 20), s.hibernated()), at(second(offset + 30), s.woken()),
          at(second(offset + 60), s.stopped()),    at(second(offset + 70), s.deleted())};
}

TEST_F(AnalyticsPlugin, CountsTheRunningTimeBetweenStartsAndStops) {
  auto bed = make_bed();
  expect_ok(bed.load());
  for (const auto& e : whole_life(a_session("s1"))) expect_all_ok(bed.emit(e), 1);
  const auto d = ask(bed, "/sessions/durations");
  EXPECT_EQ(d["count"], 1);
  for (const auto* member : {"average", "p50", "p95", "max", "total"})
    EXPECT_DOUBLE_EQ(d[member].get<double>(), 40) << member;
  const auto row = sql("SELECT state, started_at, ended_at FROM plugin_analytics_sessions")[0];
  EXPECT_EQ(row.get<std::string>("state"), "deleted");
  EXPECT_EQ(row.get<timestamp>("started_at"), second(10));
  EXPECT_EQ(row.get<timestamp>("ended_at"), second(60));
}

TEST_F(AnalyticsPlugin, ComesToTheSameWhateverTheOrderAndTheRepeats) {
  auto bed = make_bed();
  expect_ok(bed.load());
  std::mt19937 random{20260329};
  for (int round = 0; round < 20; ++round) {
    const auto events = whole_life(a_session("s" + std::to_string(round)));
    std::vector<const event*> shuffled;
    for (const auto& e : events) shuffled.push_back(&e);
    for (int i = 0; i < round % 6; ++i) shuffled.push_back(&events[static_cast<std::size_t>(i)]);
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    for (const auto* e : shuffled) expect_all_ok(bed.emit(*e), 1);
  }
  const auto d = ask(bed, "/sessions/durations");
  EXPECT_EQ(d["count"], 20);
  EXPECT_DOUBLE_EQ(d["max"].get<double>(), 40);
  EXPECT_DOUBLE_EQ(d["total"].get<double>(), 800);
  EXPECT_EQ(sql("SELECT * FROM plugin_analytics_runs").size(), 40U);
  EXPECT_EQ(sql("SELECT * FROM plugin_analytics_sessions WHERE state <> 'deleted'").size(), 0U);
}

TEST_F(AnalyticsPlugin, TakesADeletedSessionAsEndedWhateverTheClocksSay) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto s = a_session("s1");
  bed.emit(at(second(10), s.created()));
  bed.emit(at(second(20), s.started()));
  bed.emit(at(second(19), s.deleted()));
  const auto row = sql("SELECT state, running_seconds FROM plugin_analytics_sessions")[0];
  EXPECT_EQ(row.get<std::string>("state"), "deleted");
  EXPECT_EQ(row.get<double>("running_seconds"), 0);
  EXPECT_EQ(ask(bed, "/summary")["sessions"]["running"], 0);
}

TEST_F(AnalyticsPlugin, KnowsHowManySessionsRanAtOnce) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto run = [&](const std::string& id, double from, std::optional<double> to) {
    bed.emit(at(second(from), a_session(id).started()));
    if (to) bed.emit(at(second(*to), a_session(id).stopped()));
  };
  run("a", 0, 100);
  run("b", 50, 200);
  run("c", 60, 100);
  run("d", 100, 300);  // Begins as two end: never four at once.
  run("e", 7000, std::nullopt);
  const auto sessions = ask(bed, "/summary")["sessions"];
  EXPECT_EQ(sessions["max_running"], 3);
  EXPECT_EQ(sessions["running"], 1);
  EXPECT_EQ(sessions["ended"], 4);
  const auto later = bed.get("/summary?since=2026-03-29T00:01:40Z&until=2026-03-29T00:05:00Z").json();
  EXPECT_EQ(later["sessions"]["max_running"], 2);
  EXPECT_EQ(later["sessions"]["running"], 1);
}

TEST_F(AnalyticsPlugin, ListsEveryHourOfTheWindow) {
  auto bed = make_bed();
  expect_ok(bed.load());
  bed.emit(at(second(1), a_session("a").created()));
  bed.emit(at(second(3599), a_session("b").created()));
  bed.emit(at(second(3600), a_session("c").created()));
  bed.emit(at(second(3700), a_session("a").started()));
  bed.emit(at(second(3800), a_session("a").stopped()));
  const auto hours = ask(bed, "/sessions/hourly")["hours"];
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0], (json{{"hour", "2026-03-29T00:00:00.000000Z"}, {"created", 2}, {"started", 0}, {"ended", 0}}));
  EXPECT_EQ(hours[1], (json{{"hour", "2026-03-29T01:00:00.000000Z"}, {"created", 1}, {"started", 1}, {"ended", 1}}));
  const auto cut = bed.get("/sessions/hourly?since=2026-03-29T00:30:00Z&until=2026-03-29T01:00:01Z").json()["hours"];
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0]["created"], 1);
  EXPECT_EQ(cut[1]["created"], 1);
}

TEST_F(AnalyticsPlugin, DatesASessionByItsOwnCreation) {
  auto bed = make_bed();
  expect_ok(bed.load());
  auto s = a_session("a");
  s.created_at = second(3599.9);
  bed.emit(at(second(3600.1), s.created()));
  EXPECT_EQ(ask(bed, "/sessions/hourly")["hours"][0]["created"], 1);
}

TEST_F(AnalyticsPlugin, ListsTemplatesByUse) {
  auto bed = make_bed();
  expect_ok(bed.load());
  for (const auto& e : whole_life(a_session("a", "u1", "vscode"))) bed.emit(e);
  for (const auto& e : whole_life(a_session("b", "u1", "firefox"))) bed.emit(e);
  bed.emit(at(second(5), a_session("c", "u2", "vscode").created()));
  const auto templates = ask(bed, "/sessions/templates")["templates"];
  ASSERT_EQ(templates.size(), 2U);
  EXPECT_EQ(templates[0],
            (json{{"template", "vscode"}, {"sessions", 2}, {"running_seconds", 40.0}, {"average_seconds", 20.0}}));
  EXPECT_EQ(templates[1]["template"], "firefox");
}

TEST_F(AnalyticsPlugin, HasPercentilesOfTheSessionsThatEnded) {
  auto bed = make_bed();
  expect_ok(bed.load());
  for (int i = 1; i <= 100; ++i) {
    const auto s = a_session("s" + std::to_string(i));
    bed.emit(at(second(0), s.started()));
    bed.emit(at(second(i), s.stopped()));
  }
  bed.emit(at(second(0), a_session("still-running").started()));
  bed.emit(at(second(9), a_session("never-ran").deleted()));
  const auto d = ask(bed, "/sessions/durations");
  EXPECT_EQ(d["count"], 100);
  EXPECT_DOUBLE_EQ(d["average"].get<double>(), 50.5);
  EXPECT_DOUBLE_EQ(d["p50"].get<double>(), 50.5);
  EXPECT_NEAR(d["p95"].get<double>(), 95.05, 1e-9);
  EXPECT_DOUBLE_EQ(d["max"].get<double>(), 100);
}

TEST_F(AnalyticsPlugin, AnswersAnEmptyWindowWithoutNumbersToInvent) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto summary = ask(bed, "/summary");
  EXPECT_EQ(summary["sessions"], (json{{"created", 0}, {"ended", 0}, {"running", 0}, {"max_running", 0}}));
  EXPECT_EQ(summary["durations"]["count"], 0);
  EXPECT_TRUE(summary["durations"]["p50"].is_null());
  EXPECT_EQ(summary["templates"], json::array());
  EXPECT_EQ(summary["users"]["active"], 0);
}

TEST_F(AnalyticsPlugin, CountsAUserOnceADayAndOnceInAll) {
  auto bed = make_bed();
  expect_ok(bed.load());
  user ann;
  ann.id = "ann";
  const auto login = at(second(10), ann.login());
  expect_all_ok(bed.emit(login), 1);
  expect_all_ok(bed.emit(login), 1);
  bed.emit(at(second(20), a_session("s1", "ann").created()));
  bed.emit(at(second(30), a_session("s2", "bob").started()));
  bed.emit(at(second(40), a_session("s3", "eve").stopped()));  // Stopping is not the user's doing.
  bed.emit(at(second(86'400 + 5), ann.login()));
  const auto answer = bed.get("/users/active?since=2026-03-28T12:00:00Z&until=2026-03-30T12:00:00Z").json();
  EXPECT_EQ(answer["active"], 2);
  EXPECT_EQ(answer["days"], (json{{{"day", "2026-03-28"}, {"active", 0}},
                                  {{"day", "2026-03-29"}, {"active", 2}},
                                  {{"day", "2026-03-30"}, {"active", 1}}}));
}

TEST_F(AnalyticsPlugin, RefusesAWindowThatIsNone) {
  auto bed = make_bed();
  expect_ok(bed.load());
  for (const auto* query : {"since=soon", "since=2026-03-29T00:00:00Z&until=2026-03-29T00:00:00Z",
                            "since=2026-03-30T00:00:00Z&until=2026-03-29T00:00:00Z",
                            "since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "limit=3"})
    for (const auto* path :
         {"/summary", "/sessions/hourly", "/sessions/templates", "/sessions/durations", "/users/active"})
      EXPECT_EQ(bed.get(std::string{path} + "?" + query).status, 400) << path << " " << query;
}

TEST_F(AnalyticsPlugin, DropsEndedSessionsAndLoginsOlderThanTheRetention) {
  user ann;
  ann.id = "ann";
  {
    auto bed = make_bed();
    expect_ok(bed.load());
    const auto old = now() - std::chrono::days{40};
    bed.emit(at(old, a_session("ended").started()));
    bed.emit(at(old, a_session("ended").stopped()));
    bed.emit(at(old, a_session("running").started()));
    bed.emit(at(old, ann.login()));
    bed.emit(at(now(), ann.login()));
  }
  auto bed = make_bed({{"retentionDays", 30}});
  expect_ok(bed.load());
  EXPECT_EQ(sql("SELECT id FROM plugin_analytics_sessions")[0].get<std::string>("id"), "running");
  EXPECT_EQ(sql("SELECT * FROM plugin_analytics_steps").size(), 1U);
  EXPECT_EQ(sql("SELECT * FROM plugin_analytics_runs").size(), 1U);
  EXPECT_EQ(sql("SELECT * FROM plugin_analytics_logins").size(), 1U);
}

TEST_F(AnalyticsPlugin, LetsOnlyThoseWhoMayReadIn) {
  auto bed = make_bed();
  expect_ok(bed.load());
  bed.caller = {"bob", "user", {"plugin.audit.read"}};
  ASSERT_EQ(bed.routes().size(), 5U);
  for (const auto& route : bed.routes()) EXPECT_EQ(bed.get(route->path).status, 403) << route->path;
}

TEST_F(AnalyticsPlugin, ShowsAHalfWideWidgetAtTheTop) {
  auto bed = make_bed();
  expect_ok(bed.load());
  ASSERT_EQ(bed.components().size(), 1U);
  const auto& shown = bed.components()[0].document;
  EXPECT_EQ(bed.components()[0].kind, ui_kind::widget);
  EXPECT_EQ(shown["component"], "SessionActivityWidget");
  EXPECT_EQ(shown["position"], "top");
  EXPECT_EQ(shown["width"], "half");
}

}  // namespace
}  // namespace streamspace::testing
