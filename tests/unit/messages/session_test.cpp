#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/event.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

const auto instant = parse_rfc3339("2026-03-29T01:02:03.5Z").value();

session a_full_session() {
  session s;
  s.id = "s1";
  s.user_id = "u1";
  s.team_id = "t1";
  s.template_name = "firefox";
  s.state = session_state::running;
  s.app_type = "browser";
  s.active_connections = 2;
  s.url = "https://example.com";
  s.name_space = "prod";
  s.platform = "docker";
  s.pod_name = "pod-1";
  s.memory = "2Gi";
  s.cpu = "500m";
  s.persistent_home = true;
  s.idle_timeout = "30m";
  s.max_session_duration = "8h";
  s.created_at = s.updated_at = instant;
  s.last_connection = s.last_disconnect = s.last_activity = instant;
  return s;
}

std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(Session, HasExactlyTheMemberNamesOfTheOriginal) {
  EXPECT_THAT(
      names_of(json(a_full_session())),
      ::testing::UnorderedElementsAre("id", "user_id", "team_id", "template_name", "state", "app_type",
                                      "active_connections", "url", "namespace", "platform", "pod_name", "memory", "cpu",
                                      "persistent_home", "idle_timeout", "max_session_duration", "created_at",
                                      "updated_at", "last_connection", "last_disconnect", "last_activity"));
}

TEST(Session, LeavesOutWhatItDoesNotHave) {
  EXPECT_THAT(
      names_of(json(session{})),
      ::testing::UnorderedElementsAre("id", "user_id", "template_name", "state", "app_type", "active_connections",
                                      "namespace", "platform", "persistent_home", "created_at", "updated_at"));
}

TEST(Session, GoesToJsonAndBack) {
  for (const auto& s : {a_full_session(), [] {
                          session plain;
                          plain.id = "s2";
                          return plain;
                        }()})
    EXPECT_EQ(json(s).get<session>(), s);
  EXPECT_EQ(json(a_full_session())["state"], "running");
  EXPECT_EQ(json(a_full_session())["created_at"], "2026-03-29T01:02:03.500000Z");
}

TEST(Session, NeedsAnIdOnly) {
  const auto s = json{{"id", "s1"}, {"something", "else"}}.get<session>();
  EXPECT_EQ(s.id, "s1");
  EXPECT_EQ(s.state, session_state::pending);
  EXPECT_EQ(s.name_space, "default");
}

TEST(Session, NamesTheMemberThatIsWrong) {
  const auto wrong = [](json changes) {
    json in{{"id", "s1"}};
    in.update(changes);
    return failure_of([&] { in.get<session>(); });
  };
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, json>>{{"id", 7},
                                                 {"id", nullptr},
                                                 {"user_id", 1},
                                                 {"state", "asleep"},
                                                 {"active_connections", "2"},
                                                 {"active_connections", 1.5},
                                                 {"active_connections", 5'000'000'000LL},
                                                 {"active_connections", 18'446'744'073'709'551'615ULL},
                                                 {"persistent_home", 1},
                                                 {"created_at", "yesterday"},
                                                 {"last_activity", 5}}) {
    const auto failure = wrong({{name, value}});
    ASSERT_TRUE(failure) << name;
    EXPECT_EQ(failure->code(), ec::invalid_argument);
    EXPECT_EQ(failure->fact("member"), name);
  }
  EXPECT_TRUE(failure_of([] { json::array().get<session>(); }));
  EXPECT_TRUE(failure_of([] { json::object().get<session>(); }));
}

TEST(Session, LeavesTheTargetAloneWhenTheInputIsWrong) {
  auto s = a_full_session();
  EXPECT_TRUE(failure_of([&] { from_json(json{{"id", "other"}, {"state", "asleep"}}, s); }));
  EXPECT_EQ(s, a_full_session());
}

TEST(SessionState, HasANameThatReadsBack) {
  for (const auto state : {session_state::pending, session_state::running, session_state::hibernated,
                           session_state::terminated, session_state::failed})
    EXPECT_EQ(parse_session_state(to_string(state)), state);
  EXPECT_EQ(parse_session_state("Running"), std::nullopt);
  EXPECT_EQ(parse_session_state(""), std::nullopt);
}

TEST(SessionEvents, CarryACopyUnderTheirType) {
  const auto s = a_full_session();
  const std::vector<std::pair<event, std::string_view>> events{
      {s.created(), "session.created"},       {s.started(), "session.started"}, {s.stopped(), "session.stopped"},
      {s.hibernated(), "session.hibernated"}, {s.woken(), "session.woken"},     {s.deleted(), "session.deleted"}};
  for (const auto& [e, type] : events) {
    EXPECT_EQ(e.type(), type);
    ASSERT_NE(e.get_if<session>(), nullptr);
    EXPECT_EQ(*e.get_if<session>(), s);
  }
}

}  // namespace
}  // namespace streamspace
