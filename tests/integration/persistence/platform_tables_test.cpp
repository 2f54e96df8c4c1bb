#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/session_sql.hpp>
#include <streamspace/persistence/user_sql.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::patience;

const timestamp noon = *parse_rfc3339("2026-03-29T12:00:00.123456Z");
const timestamp later = noon + std::chrono::hours{1};

class PlatformTables : public testing::postgres_test {
 protected:
  sql_result run(const sql_statement& statement) { return connection_.execute(statement, patience); }

  user make_user(const std::string& id, const std::string& name, timestamp at = noon) {
    user who;
    who.id = id;
    who.username = name;
    who.created_at = who.updated_at = at;
    return read_user(run(insert_user(who, "hash of " + name))[0]);
  }
  session make_session(const std::string& id, const std::string& user_id, timestamp at = noon) {
    session s;
    s.id = id;
    s.user_id = user_id;
    s.template_name = "firefox";
    s.created_at = s.updated_at = at;
    return read_session(run(insert_session(s))[0]);
  }

  pg_connection connection_{connect()};
};

class Users : public PlatformTables {};
class Sessions : public PlatformTables {};

TEST_F(Users, ComeBackAsTheyWereWritten) {
  user who;
  who.id = "u1";
  who.username = "ann";
  who.email = "ann@example.org";
  who.full_name = "Änn O'Neil";
  who.role = "operator";
  who.provider = "oidc";
  who.active = false;
  who.created_at = noon;
  who.updated_at = later;
  who.last_login = later;
  who.groups = {"plain", "with,comma", "with \"quote\"", "", "{brace}"};
  who.quota = {{"cpu", 2}, {"memory", "4Gi"}};
  EXPECT_EQ(read_user(run(insert_user(who, std::nullopt))[0]), who);
  EXPECT_EQ(read_user(run(find_user("u1"))[0]), who);
}

TEST_F(Users, AreFoundByUsernameInAnyCaseWithTheirCredentials) {
  make_user("u1", "Ann");
  const auto found = run(find_user_credentials("aNN"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(read_user_credentials(found[0]).who.username, "Ann");
  EXPECT_EQ(read_user_credentials(found[0]).password_hash, "hash of Ann");
  EXPECT_TRUE(run(find_user_credentials("bob")).empty());
}

TEST_F(Users, CannotShareUsernameEmailOrId) {
  auto first = make_user("u1", "ann");
  user_changes email;
  email.email = "ann@example.org";
  run(update_user("u1", email, std::nullopt, later));
  user second;
  second.id = "u2";
  second.username = "ANN";
  const auto name_taken = failure_of([&] { run(insert_user(second, {})); });
  ASSERT_TRUE(name_taken);
  EXPECT_EQ(explain_user_error(*name_taken).code(), ec::already_exists);
  second.username = "bob";
  second.email = "Ann@Example.org";
  const auto email_taken = failure_of([&] { run(insert_user(second, {})); });
  ASSERT_TRUE(email_taken);
  EXPECT_EQ(explain_user_error(*email_taken).code(), ec::already_exists);
  EXPECT_NE(explain_user_error(*email_taken).message(), explain_user_error(*name_taken).message());
  second.email.clear();
  second.id = "u1";
  const auto id_taken = failure_of([&] { run(insert_user(second, {})); });
  ASSERT_TRUE(id_taken);
  EXPECT_EQ(explain_user_error(*id_taken).code(), ec::already_exists);
}

TEST_F(Users, MayAllLackAnEmailAddress) {
  make_user("u1", "ann");
  make_user("u2", "bob");
  EXPECT_EQ(read_user_page(run(list_users({}))).total, 2u);
}

TEST_F(Users, HaveOneOfTheKnownRoles) {
  user who;
  who.id = "u1";
  who.username = "ann";
  who.role = "king";
  const auto refusal = failure_of([&] { run(insert_user(who, {})); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(explain_user_error(*refusal).code(), ec::invalid_argument);
}

TEST_F(Users, ChangeOnlyWhereAsked) {
  const auto before = make_user("u1", "ann");
  user_changes changes;
  changes.full_name = "Ann";
  changes.groups = std::vector<std::string>{"a", "b"};
  changes.quota = json{{"cpu", 1}};
  auto expected = before;
  expected.full_name = "Ann";
  expected.groups = {"a", "b"};
  expected.quota = json{{"cpu", 1}};
  expected.updated_at = later;
  EXPECT_EQ(read_user(run(update_user("u1", changes, std::nullopt, later))[0]), expected);
  EXPECT_EQ(read_user_credentials(run(find_user_credentials("ann"))[0]).password_hash, "hash of ann");

  user_changes back;
  back.groups = std::vector<std::string>{};
  back.quota = json(nullptr);
  const auto cleared = read_user(run(update_user("u1", back, "new hash", later))[0]);
  EXPECT_THAT(cleared.groups, IsEmpty());
  EXPECT_EQ(cleared.quota, std::nullopt);
  EXPECT_EQ(read_user_credentials(run(find_user_credentials("ann"))[0]).password_hash, "new hash");
  EXPECT_TRUE(run(update_user("nobody", back, std::nullopt, later)).empty());
}

TEST_F(Users, RememberTheirLogin) {
  make_user("u1", "ann");
  EXPECT_EQ(read_user(run(touch_user_login("u1", later))[0]).last_login, later);
}

TEST_F(Users, AreListedOldestFirstInPages) {
  for (int i = 0; i < 5; ++i)
    make_user("u" + std::to_string(i), "user" + std::to_string(i), noon - std::chrono::minutes{i});
  const auto ids = [&](page_request wanted) {
    const auto page = read_user_page(run(list_users(wanted)));
    EXPECT_EQ(page.total, 5u);
    std::vector<std::string> found;
    for (const auto& who : page.items) found.push_back(who.id);
    return found;
  };
  EXPECT_THAT(ids({1, 2}), ElementsAre("u4", "u3"));
  EXPECT_THAT(ids({3, 2}), ElementsAre("u0"));
  EXPECT_THAT(ids({4, 2}), IsEmpty());
}

TEST_F(Users, CannotBeRemovedWhileTheyHaveSessions) {
  make_user("u1", "ann");
  make_session("s1", "u1");
  const auto refusal = failure_of([&] { run(remove_user("u1")); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(explain_user_error(*refusal).code(), ec::conflict);
  run(remove_session("s1"));
  EXPECT_EQ(read_user(run(remove_user("u1"))[0]).username, "ann");
  EXPECT_TRUE(run(remove_user("u1")).empty());
}

TEST_F(Sessions, ComeBackAsTheyWereWritten) {
  make_user("u1", "ann");
  session s;
  s.id = "s1";
  s.user_id = "u1";
  s.team_id = "team";
  s.template_name = "firefox";
  s.state = session_state::running;
  s.app_type = "web";
  s.active_connections = 3;
  s.url = "https://s1.example";
  s.name_space = "prod";
  s.platform = "docker";
  s.pod_name = "pod";
  s.memory = "2Gi";
  s.cpu = "500m";
  s.persistent_home = true;
  s.idle_timeout = "30m";
  s.max_session_duration = "8h";
  s.created_at = noon;
  s.updated_at = later;
  s.last_connection = noon;
  s.last_disconnect = later;
  s.last_activity = later;
  EXPECT_EQ(read_session(run(insert_session(s))[0]), s);
  EXPECT_EQ(read_session(run(find_session("s1"))[0]), s);
}

TEST_F(Sessions, NeedAUserWhoExists) {
  const auto refusal = failure_of([&] { make_session("s1", "nobody"); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(explain_session_error(*refusal).code(), ec::invalid_argument);
}

TEST_F(Sessions, ChangeOnlyWhereAsked) {
  make_user("u1", "ann");
  const auto before = make_session("s1", "u1");
  session_changes changes;
  changes.url = "https://s1.example";
  changes.active_connections = 2;
  changes.last_activity = later;
  auto expected = before;
  expected.url = "https://s1.example";
  expected.active_connections = 2;
  expected.last_activity = later;
  expected.updated_at = later;
  EXPECT_EQ(read_session(run(update_session("s1", changes, later))[0]), expected);
  session_changes away;
  away.url = std::optional<std::string>{};
  EXPECT_EQ(read_session(run(update_session("s1", away, later))[0]).url, std::nullopt);
  session_changes wrong;
  wrong.active_connections = -1;
  const auto refusal = failure_of([&] { run(update_session("s1", wrong, later)); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(explain_session_error(*refusal).code(), ec::invalid_argument);
}

TEST_F(Sessions, MoveOnlyFromTheStatesAllowed) {
  make_user("u1", "ann");
  make_session("s1", "u1");
  EXPECT_TRUE(run(transition_session("s1", {session_state::running}, session_state::hibernated, later)).empty());
  const auto running =
      run(transition_session("s1", {session_state::pending, session_state::hibernated}, session_state::running, later));
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(read_session(running[0]).state, session_state::running);
  EXPECT_EQ(read_session(running[0]).updated_at, later);
  EXPECT_TRUE(run(transition_session("none", {session_state::running}, session_state::hibernated, later)).empty());
  EXPECT_TRUE(run(transition_session("s1", {}, session_state::hibernated, later)).empty());
}

TEST_F(Sessions, HaveNoConnectionsUnlessTheyRun) {
  make_user("u1", "ann");
  make_session("s1", "u1");
  run(transition_session("s1", {session_state::pending}, session_state::running, later));
  session_changes connected;
  connected.active_connections = 2;
  run(update_session("s1", connected, later));
  const auto asleep = run(transition_session("s1", {session_state::running}, session_state::hibernated, later));
  EXPECT_EQ(read_session(asleep[0]).active_connections, 0);
}

TEST_F(Sessions, AreMovedByOneOfManyAtOnce) {
  make_user("u1", "ann");
  make_session("s1", "u1");
  std::atomic<int> moved{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      auto mine = connect();
      moved += static_cast<int>(
          mine.execute(transition_session("s1", {session_state::pending}, session_state::running, later), patience)
              .size());
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(moved, 1);
}

TEST_F(Sessions, AreListedByUserAndState) {
  make_user("u1", "ann");
  make_user("u2", "bob");
  make_session("s1", "u1", noon);
  make_session("s2", "u2", later);
  make_session("s3", "u1", later);
  run(transition_session("s3", {session_state::pending}, session_state::running, later));
  const auto ids = [&](const session_filter& filter) {
    const auto page = read_session_page(run(list_sessions(filter, {})));
    std::vector<std::string> found;
    for (const auto& s : page.items) found.push_back(s.id);
    EXPECT_EQ(page.total, found.size());
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre("s1", "s2", "s3"));
  EXPECT_THAT(ids({"u1", {}}), ElementsAre("s1", "s3"));
  EXPECT_THAT(ids({"u1", session_state::running}), ElementsAre("s3"));
  EXPECT_THAT(ids({{}, session_state::pending}), ElementsAre("s1", "s2"));
  EXPECT_THAT(ids({"u3", {}}), IsEmpty());
}

}  // namespace
}  // namespace streamspace
