#include "builtin_plugin_test.hpp"

namespace streamspace::testing {
namespace {

class AuditPlugin : public builtin_plugin_test {
 protected:
  AuditPlugin() : builtin_plugin_test{"audit"} {}
};

std::vector<std::string> types_of(const response& answer) {
  std::vector<std::string> types;
  const auto page = answer.json();
  for (const auto& e : page["events"]) types.push_back(e["type"]);
  return types;
}

using strings = std::vector<std::string>;

TEST_F(AuditPlugin, KeepsEveryEventInTheOrderOfEmission) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto s = a_session("s1", "u7");
  for (const auto& e : {s.created(), s.started(), s.hibernated(), s.woken(), s.stopped(), s.deleted()})
    expect_all_ok(bed.emit(e), 1);
  const auto answer = bed.get("/events");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(types_of(answer), (strings{"session.created", "session.started", "session.hibernated", "session.woken",
                                       "session.stopped", "session.deleted"}));
  EXPECT_FALSE(answer.json().contains("next"));
}

TEST_F(AuditPlugin, TellsWhoWhatAndWhenOfAnEvent) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto e = at(second(1.5), a_session("s1", "u7").created());
  expect_all_ok(bed.emit(e), 1);
  const auto found = bed.get("/events/" + e.id()).json();
  EXPECT_EQ(found["id"], e.id());
  EXPECT_EQ(found["type"], "session.created");
  EXPECT_EQ(found["source"], "platform");
  EXPECT_EQ(found["time"], "2026-03-29T00:00:01.500000Z");
  EXPECT_EQ(found["user"], "u7");
  EXPECT_EQ(found["session"], "s1");
  EXPECT_EQ(found["data"], e.data());
  EXPECT_GE(found["seq"].get<long long>(), 1);
}

TEST_F(AuditPlugin, HasNullForAnEventWithoutUserAndSession) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const event e{"plugin.greeter.greeted", json{{"name", "ann"}}};
  expect_all_ok(bed.emit(e), 1);
  const auto found = bed.get("/events/" + e.id()).json();
  EXPECT_TRUE(found["user"].is_null());
  EXPECT_TRUE(found["session"].is_null());
}

TEST_F(AuditPlugin, KeepsARedeliveredEventOnce) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto e = a_session("s1").created();
  expect_all_ok(bed.emit(e), 1);
  expect_all_ok(bed.emit(e), 1);
  EXPECT_EQ(types_of(bed.get("/events")).size(), 1U);
}

TEST_F(AuditPlugin, NarrowsByTypePatternUserSessionAndTime) {
  auto bed = make_bed();
  expect_ok(bed.load());
  user ann;
  ann.id = "ann";
  bed.emit(at(second(1), a_session("s1", "ann").created()));
  bed.emit(at(second(2), a_session("s2", "bob").created()));
  bed.emit(at(second(3), a_session("s1", "ann").deleted()));
  bed.emit(at(second(4), ann.login()));
  bed.emit(at(second(5), event{"session.created_v2", json{{"user_id", "ann"}}}));
  bed.emit(at(second(6), event{"session.disk.full", json{{"session_id", "s2"}}}));

  EXPECT_EQ(types_of(bed.get("/events?type=session.created")), (strings{"session.created", "session.created"}));
  EXPECT_EQ(types_of(bed.get("/events?type=session.*")),
            (strings{"session.created", "session.created", "session.deleted", "session.created_v2"}));
  EXPECT_EQ(types_of(bed.get("/events?type=session.>")).size(), 5U);
  EXPECT_EQ(types_of(bed.get("/events?type=*.login")), (strings{"user.login"}));
  EXPECT_EQ(types_of(bed.get("/events?user=ann")),
            (strings{"session.created", "session.deleted", "user.login", "session.created_v2"}));
  EXPECT_EQ(types_of(bed.get("/events?session=s2")), (strings{"session.created", "session.disk.full"}));
  EXPECT_EQ(types_of(bed.get("/events?since=2026-03-29T00:00:05Z")),
            (strings{"session.created_v2", "session.disk.full"}));
  EXPECT_EQ(types_of(bed.get("/events?type=session.*&user=ann&since=2026-03-29T00:00:02Z")),
            (strings{"session.deleted", "session.created_v2"}));
  EXPECT_EQ(types_of(bed.get("/events?type=user.created")), strings{});
}

TEST_F(AuditPlugin, PagesThroughAllEventsWithoutGapOrRepeat) {
  auto bed = make_bed();
  expect_ok(bed.load());
  strings sent;
  for (int i = 0; i < 7; ++i) {
    const auto e = a_session("s" + std::to_string(i)).created();
    sent.push_back(e.id());
    bed.emit(e);
  }
  strings seen;
  std::string after = "0";
  for (int page = 0; page < 4; ++page) {
    const auto answer = bed.get("/events?limit=2&after=" + after).json();
    for (const auto& e : answer["events"]) seen.push_back(e["id"]);
    EXPECT_EQ(answer.contains("next"), page < 3);
    if (page < 3) after = answer["next"].dump();
  }
  EXPECT_EQ(seen, sent);
}

TEST_F(AuditPlugin, RefusesAQueryThatItDoesNotUnderstand) {
  auto bed = make_bed();
  expect_ok(bed.load());
  for (const auto* query : {"limit=0", "limit=1001", "limit=ten", "limit=", "after=-1", "since=yesterday",
                            "type=session..created", "type=session.%", "user=a&user=b", "color=red"}) {
    const auto answer = bed.get(std::string{"/events?"} + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.json()["code"], "invalid_argument") << query;
    EXPECT_FALSE(answer.json()["detail"].get<std::string>().empty()) << query;
  }
}

TEST_F(AuditPlugin, HasNoEventOfAnUnknownId) {
  auto bed = make_bed();
  expect_ok(bed.load());
  EXPECT_EQ(bed.get("/events/nobody").status, 404);
}

TEST_F(AuditPlugin, StoresNoSecret) {
  auto bed = make_bed();
  expect_ok(bed.load());
  bed.emit(event{"plugin.mailer.configured",
                 json{{"smtp", {{"user", "ann"}, {"Password", "hunter2"}}}, {"hooks", {{{"apiKey", "hunter3"}}}}}});
  const auto rows = sql("SELECT * FROM plugin_audit_events");
  std::string all;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) all.append(row.cell(i).value_or("")) += ' ';
  EXPECT_EQ(all.find("hunter"), std::string::npos);
  EXPECT_NE(all.find("ann"), std::string::npos);
  EXPECT_EQ(bed.log_text().find("hunter"), std::string::npos);
}

TEST_F(AuditPlugin, KeepsTextThatPostgresqlCannotHold) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const event e{"user.renamed",
                json{{"user_id", std::string{"a\0b", 3}}, {"note", "\xff\xfe"}, {std::string{"\0", 1}, 1}}};
  expect_all_ok(bed.emit(e), 1);
  EXPECT_EQ(bed.get("/events/" + e.id()).json()["user"],
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(AuditPlugin, LetsOnlyThoseWhoMayReadIn) {
  auto bed = make_bed();
  expect_ok(bed.load());
  bed.caller = {};
  EXPECT_EQ(bed.get("/events").status, 401);
  bed.caller = {"bob", "user", {}};
  EXPECT_EQ(bed.get("/events").status, 403);
  EXPECT_EQ(bed.get("/events/x").status, 403);
  bed.caller.permissions = {"plugin.audit.read"};
  EXPECT_EQ(bed.get("/events").status, 200);
}

TEST_F(AuditPlugin, KeepsWhatItHasOverAReload) {
  {
    auto bed = make_bed();
    expect_ok(bed.load());
    bed.emit(a_session("s1").created());
  }
  auto bed = make_bed();
  expect_ok(bed.load());
  bed.emit(a_session("s1").deleted());
  EXPECT_EQ(types_of(bed.get("/events")), (strings{"session.created", "session.deleted"}));
}

TEST_F(AuditPlugin, DropsWhatIsOlderThanTheRetentionWhenEnabled) {
  const auto old = at(now() - std::chrono::days{31}, a_session("old").created());
  const auto young = at(now() - std::chrono::days{29}, a_session("young").created());
  {
    auto bed = make_bed();
    expect_ok(bed.load());
    bed.emit(old);
    bed.emit(young);
  }
  auto bed = make_bed({{"retentionDays", 30}});
  expect_ok(bed.load());
  EXPECT_EQ(bed.get("/events/" + old.id()).status, 404);
  EXPECT_EQ(bed.get("/events/" + young.id()).status, 200);
}

TEST_F(AuditPlugin, ShowsAnAdminPageAndAMenuItem) {
  auto bed = make_bed();
  expect_ok(bed.load());
  ASSERT_EQ(bed.components().size(), 2U);
  EXPECT_EQ(bed.components()[0].kind, ui_kind::admin_page);
  EXPECT_EQ(bed.components()[0].document["path"], bed.components()[1].document["path"]);
  for (const auto& c : bed.components()) EXPECT_EQ(c.permissions, strings{"plugin.audit.read"});
}

TEST_F(AuditPlugin, WritesWhatWaitedFirstWhenTheDatabaseIsBack) {
  auto bed = make_bed();
  expect_ok(bed.load());
  const auto first = a_session("s1").created();
  const auto second_event = a_session("s1").started();
  // PostgreSQL refuses with a class that passes (53, insufficient resources) while the trigger is there.
  sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$");
  sql("CREATE TRIGGER refuse BEFORE INSERT ON plugin_audit_events EXECUTE FUNCTION refuse()");
  const auto refused = bed.emit(first);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].outcome, delivery_outcome::error);
  sql("DROP TRIGGER refuse ON plugin_audit_events");
  expect_all_ok(bed.emit(second_event), 1);
  EXPECT_EQ(types_of(bed.get("/events")), (strings{"session.created", "session.started"}));
}

}  // namespace
}  // namespace streamspace::testing
