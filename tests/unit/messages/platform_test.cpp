#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/platform.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

/// The member that is complained of; "-" when the input is taken.
template <class T>
std::string faulty_member(const json& in) {
  const auto failure = failure_of([&] { in.get<T>(); });
  if (!failure) return "-";
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  return std::string{failure->fact("member")};
}

template <class T>
std::string faulty_member(json base, const std::string& name, const json& value) {
  base[name] = value;
  return faulty_member<T>(base);
}

TEST(UserDraft, ReadsAndChecks) {
  const json in{
      {"username", "ann"}, {"email", "a@b"}, {"password", "12345678"}, {"groups", {"g"}}, {"quota", {{"n", 1}}}};
  const auto d = in.get<user_draft>();
  EXPECT_EQ(d.username, "ann");
  EXPECT_EQ(d.role, "user");
  EXPECT_EQ(d.password, "12345678");
  EXPECT_THAT(d.groups, ::testing::ElementsAre("g"));
  for (const auto& [name, value] : std::vector<std::pair<std::string, json>>{{"username", ""},
                                                                             {"username", std::string(101, 'a')},
                                                                             {"email", "a"},
                                                                             {"role", "root"},
                                                                             {"password", "1234567"},
                                                                             {"password", std::string(257, 'a')},
                                                                             {"quota", 5},
                                                                             {"id", "chosen"},
                                                                             {"createdAt", "2026-03-29T00:00:00Z"}})
    EXPECT_EQ(faulty_member<user_draft>(in, name, value), name) << value;
  EXPECT_EQ(faulty_member<user_draft>({{"username", "ann"}}), "email");
}

TEST(UserChanges, ChangeOnlyWhatIsThere) {
  const auto c = json{{"active", false}, {"quota", nullptr}}.get<user_changes>();
  EXPECT_EQ(c.active, false);
  ASSERT_TRUE(c.quota);
  EXPECT_TRUE(c.quota->is_null()) << "taken away";
  EXPECT_EQ(c.username, std::nullopt);
  EXPECT_EQ(c.email, std::nullopt);
  EXPECT_EQ(faulty_member<user_changes>({{"role", "root"}}), "role");
  EXPECT_EQ(faulty_member<user_changes>({{"lastLogin", "x"}}), "lastLogin");
}

TEST(SessionDraft, ReadsAndChecks) {
  const json in{{"user_id", "ann"}, {"template_name", "firefox"}};
  const auto d = in.get<session_draft>();
  EXPECT_EQ(d.name_space, "default");
  EXPECT_FALSE(d.persistent_home);
  EXPECT_EQ((json{{"user_id", "a"}, {"template_name", "t"}, {"namespace", "prod"}}.get<session_draft>().name_space),
            "prod");
  for (const auto& [name, value] : std::vector<std::pair<std::string, json>>{{"user_id", ""},
                                                                             {"template_name", std::string(201, 'a')},
                                                                             {"memory", ""},
                                                                             {"persistent_home", "yes"},
                                                                             {"state", "running"},
                                                                             {"id", "chosen"}})
    EXPECT_EQ(faulty_member<session_draft>(in, name, value), name) << value;
}

TEST(SessionChanges, TellAbsentFromTakenAway) {
  const auto c = json{{"url", nullptr}, {"memory", "2Gi"}}.get<session_changes>();
  ASSERT_TRUE(c.url);
  EXPECT_EQ(*c.url, std::nullopt);
  EXPECT_EQ(**c.memory, "2Gi");
  EXPECT_FALSE(c.cpu);
  EXPECT_EQ(faulty_member<session_changes>({{"active_connections", -1}}), "active_connections");
  EXPECT_EQ(faulty_member<session_changes>({{"state", "running"}}), "state") << "a state changes by an action";
  EXPECT_EQ(faulty_member<session_changes>({{"last_activity", "soon"}}), "last_activity");
}

TEST(Credentials, HaveBounds) {
  EXPECT_EQ((json{{"username", "ann"}, {"password", "x"}}.get<credentials>().username), "ann");
  EXPECT_EQ(faulty_member<credentials>({{"username", "ann"}}), "password");
  EXPECT_EQ(faulty_member<credentials>({{"username", "ann"}, {"password", std::string(257, 'x')}}), "password");
  EXPECT_EQ(faulty_member<credentials>({{"username", "ann"}, {"password", "x"}, {"otp", "1"}}), "otp");
}

TEST(SessionAction, LeadsFromStateToStateAndHasItsEvent) {
  using enum session_state;
  const std::vector<std::tuple<session_action, std::vector<session_state>, session_state, std::string>> table{
      {session_action::start, {pending}, running, "session.started"},
      {session_action::stop, {running, hibernated}, terminated, "session.stopped"},
      {session_action::hibernate, {running}, hibernated, "session.hibernated"},
      {session_action::wake, {hibernated}, running, "session.woken"}};
  for (const auto& [action, from, to, type] : table) {
    EXPECT_EQ(transition_of(action).from, from) << to_string(action);
    EXPECT_EQ(transition_of(action).to, to) << to_string(action);
    EXPECT_EQ(event_of(action, session{}).type(), type);
    EXPECT_EQ(parse_session_action(to_string(action)), action);
  }
  EXPECT_EQ(parse_session_action("restart"), std::nullopt);
}

}  // namespace
}  // namespace streamspace
