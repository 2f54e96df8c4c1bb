#include <algorithm>

#include <gmock/gmock.h>

#include "demo_scene.hpp"

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<demo_check> judge(const demo_scene& s) {
  return streamspace::judge(s.size, s.record, s.found);
}

std::vector<std::string> failed_checks(const demo_scene& s) {
  std::vector<std::string> names;
  for (const auto& c : judge(s))
    if (!c.ok) names.push_back(c.name);
  return names;
}

std::string detail_of(const demo_scene& s, const std::string& name) {
  for (const auto& c : judge(s))
    if (c.name == name) return c.detail;
  return "there is no such check";
}

seen_plugin& plugin(demo_scene& s, std::string_view name) {
  return *std::find_if(s.found.plugins.begin(), s.found.plugins.end(), [&](auto& p) { return p.name == name; });
}

/// The kept event of a session or user of this type.
std::vector<seen_event>::iterator kept(demo_scene& s, std::string_view type, std::string_view subject) {
  auto& events = s.found.audit_by_sql;
  return std::find_if(events.begin(), events.end(), [&](auto& e) { return e.type == type && e.subject == subject; });
}

void keep_the_same_by_rest(demo_scene& s) {
  s.found.audit_by_rest = s.found.audit_by_sql;
}

TEST(DemoChecks, AllHoldWhenEverythingHappened) {
  const auto checks = judge(good_scene());
  EXPECT_TRUE(all_hold(checks));
  EXPECT_EQ(checks.size(), 13u);
}

TEST(DemoChecks, FailWhenARequestWasNotAnsweredAsItShouldBe) {
  auto s = good_scene();
  s.record.calls.pop_back();
  s.record.complaints = {"POST /api/auth/logout was answered 500"};
  EXPECT_THAT(failed_checks(s), ::testing::Contains("every request was answered as it should be"));
  EXPECT_EQ(detail_of(s, "every request was answered as it should be"),
            "32 of 33: POST /api/auth/logout was answered 500");
}

TEST(DemoChecks, FailWhenTheTablesHoldSomethingElse) {
  for (auto spoil :
       {+[](demo_observation& f) { --f.users_in_table; }, +[](demo_observation& f) { --f.users_logged_in; },
        +[](demo_observation& f) { ++f.sessions_in_table; }}) {
    auto s = good_scene();
    spoil(s.found);
    EXPECT_THAT(failed_checks(s), ElementsAre("the database holds what the requests left"));
  }
}

TEST(DemoChecks, FailWhenThePluginsDoNotCatchUp) {
  auto s = good_scene();
  s.found.caught_up = false;
  plugin(s, "audit").queued = 7;
  EXPECT_THAT(failed_checks(s), ElementsAre("the plugins caught up in time"));
  EXPECT_THAT(detail_of(s, "the plugins caught up in time"), HasSubstr("audit has 7 events waiting"));
}

TEST(DemoChecks, FailWhenAuditMissesAnEvent) {
  auto s = good_scene();
  s.found.audit_by_sql.erase(kept(s, "user.login", "u1"));
  keep_the_same_by_rest(s);
  EXPECT_THAT(failed_checks(s), ElementsAre("audit has every event exactly once"));
  EXPECT_EQ(detail_of(s, "audit has every event exactly once"), "user.login of u1 is there 0 times and should be 1");
}

TEST(DemoChecks, FailWhenAuditHasAnEventTwice) {
  auto s = good_scene();
  auto again = *kept(s, "user.login", "u1");
  again.id = "another";
  s.found.audit_by_sql.push_back(again);
  keep_the_same_by_rest(s);
  EXPECT_THAT(failed_checks(s), ElementsAre("audit has every event exactly once"));
}

TEST(DemoChecks, FailWhenTwoEventsHaveOneId) {
  auto s = good_scene();
  kept(s, "user.login", "u1")->id = kept(s, "user.login", "u2")->id;
  keep_the_same_by_rest(s);
  EXPECT_EQ(detail_of(s, "audit has every event exactly once"), "an event's id is there twice");
}

TEST(DemoChecks, FailWhenAuditHasAnEventThatNeverWas) {
  auto s = good_scene();
  s.found.audit_by_sql.push_back({"e99", "user.updated", "u1", s.record.ended});
  keep_the_same_by_rest(s);
  EXPECT_EQ(detail_of(s, "audit has every event exactly once"), "user.updated of u1 is there 1 times and should be 0");
}

TEST(DemoChecks, FailWhenASessionsEventsAreNotInOrder) {
  auto s = good_scene();
  std::iter_swap(kept(s, "session.woken", "s2"), kept(s, "session.hibernated", "s2"));
  keep_the_same_by_rest(s);
  EXPECT_THAT(failed_checks(s), ElementsAre("audit has each session's events in order"));
  EXPECT_THAT(detail_of(s, "audit has each session's events in order"), HasSubstr("1 session not: session s2 has"));
}

TEST(DemoChecks, FailWhenASessionsEventsAreDatedBackwards) {
  auto s = good_scene();
  kept(s, "session.woken", "s2")->time = s.record.began;
  keep_the_same_by_rest(s);
  EXPECT_THAT(failed_checks(s), ElementsAre("audit has each session's events in order"));
}

TEST(DemoChecks, LetEventsOfDifferentSessionsMix) {
  auto s = good_scene();
  std::stable_sort(s.found.audit_by_sql.begin(), s.found.audit_by_sql.end(),
                   [](auto& a, auto& b) { return a.subject > b.subject; });
  keep_the_same_by_rest(s);
  EXPECT_THAT(failed_checks(s), IsEmpty());
}

TEST(DemoChecks, FailWhenAuditAnswersSomethingElseThanItKeeps) {
  auto s = good_scene();
  std::swap(s.found.audit_by_rest[3], s.found.audit_by_rest[4]);
  EXPECT_THAT(failed_checks(s), ElementsAre("audit answers by REST what its table holds"));
}

TEST(DemoChecks, FailWhenAnalyticsDisagrees) {
  auto s = good_scene();
  ++s.found.analytics.created;
  EXPECT_THAT(failed_checks(s), ElementsAre("analytics agrees with SQL over the audit log",
                                            "analytics agrees with what the clients recorded"));
}

TEST(DemoChecks, FailWhenTheWebhookLosesAnEvent) {
  auto s = good_scene();
  s.found.deliveries.pop_back();
  EXPECT_THAT(failed_checks(s), ElementsAre("webhook delivered every event exactly once"));
}

TEST(DemoChecks, LetTheWebhookDeliverAnEventAgainUnderTheSameId) {
  auto s = good_scene();
  s.found.deliveries.back().accepted = 2;
  EXPECT_THAT(failed_checks(s), IsEmpty());
  EXPECT_THAT(detail_of(s, "webhook delivered every event exactly once"), HasSubstr("1 repeated"));
}

TEST(DemoChecks, FailWhenTheWebhookDeliversAnEventAgainUnderAnotherId) {
  auto s = good_scene();
  s.found.deliveries.push_back(s.found.deliveries.back());
  s.found.deliveries.back().id = "another";
  EXPECT_THAT(failed_checks(s), ElementsAre("webhook delivered every event exactly once"));
}

TEST(DemoChecks, FailWhenADeliveryIsNoEventThatAuditHas) {
  auto s = good_scene();
  s.found.deliveries.back().id = "unheard-of";
  EXPECT_THAT(detail_of(s, "webhook delivered every event exactly once"), HasSubstr("unheard-of"));
}

TEST(DemoChecks, FailWhenASignatureIsWrong) {
  auto s = good_scene();
  s.found.wrong_signatures = 1;
  EXPECT_THAT(failed_checks(s), ElementsAre("webhook signed every delivery"));
}

TEST(DemoChecks, FailWhenNothingWasRefusedAsPlanned) {
  auto s = good_scene();
  s.found.deliveries.front().refused = 0;
  EXPECT_THAT(failed_checks(s), ElementsAre("webhook tried again what the receiver turned down"));
}

TEST(DemoChecks, FailWhenTheThrowerWasSparedAnEvent) {
  auto s = good_scene();
  --plugin(s, demo_thrower_name).failed;
  EXPECT_THAT(failed_checks(s), ElementsAre("the throwing plugin failed at every event"));
}

TEST(DemoChecks, FailWhenTheThrowerIsNotThere) {
  auto s = good_scene();
  std::erase_if(s.found.plugins, [](auto& p) { return p.name == demo_thrower_name; });
  EXPECT_THAT(failed_checks(s), ElementsAre("the throwing plugin failed at every event"));
}

TEST(DemoChecks, FailWhenAnotherPluginWasDisturbed) {
  for (auto spoil : {+[](seen_plugin& p) { p.failed = 1; }, +[](seen_plugin& p) { p.dropped = 1; },
                     +[](seen_plugin& p) { p.state = "failed"; }}) {
    auto s = good_scene();
    spoil(plugin(s, "audit"));
    EXPECT_THAT(failed_checks(s), ElementsAre("the throwing plugin disturbed nobody"));
  }
}

}  // namespace
}  // namespace streamspace::testing
