#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/persistence/user_sql.hpp>

namespace streamspace {
namespace {

const timestamp noon = *parse_rfc3339("2026-03-29T12:00:00Z");

TEST(UserSql, ChangesOnlyWhatIsGiven) {
  user_changes changes;
  changes.email = "new@example.org";
  const auto statement = update_user("u1", changes, std::nullopt, noon);
  EXPECT_EQ(statement.text.substr(0, statement.text.find(" WHERE")), "UPDATE users SET updated_at = $1, email = $2");
  ASSERT_EQ(statement.params.size(), 3u);
  EXPECT_EQ(statement.params[1].text(), "new@example.org");
}

TEST(UserSql, TakesAQuotaAwayByJsonNull) {
  user_changes changes;
  changes.quota = json(nullptr);
  const auto statement = update_user("u1", changes, std::nullopt, noon);
  EXPECT_EQ(statement.params[1].text(), std::nullopt);
}

TEST(UserSql, RefusesJsonThatTheDatabaseCannotHold) {
  const std::string with_nul{"a\0b", 3};
  const auto code_of = [](auto&& action) { return testing::failure_of(action).value().code(); };
  for (const auto& quota : {json{{"x", with_nul}}, json{{with_nul, 1}}, json{{"x", "\xff"}}}) {
    EXPECT_EQ(code_of([&] { insert_user({.quota = quota}, {}); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { update_user("u1", {.quota = quota}, {}, noon); }), ec::invalid_argument);
  }
  EXPECT_EQ(code_of([&] { insert_user({.groups = {with_nul}}, {}); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { update_user("u1", {.groups = {{with_nul}}}, {}, noon); }), ec::invalid_argument);
}

TEST(UserSql, NeverAnswersThePasswordHashUnasked) {
  for (const auto& statement :
       {find_user("u1"), list_users({}), insert_user({}, "hash"), remove_user("u1"), touch_user_login("u1", noon)})
    EXPECT_EQ(statement.text.find(
                  "password_hash",
                  statement.text.find(statement.text.find("RETURNING") == std::string::npos ? "SELECT" : "RETURNING")),
              std::string::npos)
        << statement.text;
}

TEST(UserSql, ReadsARow) {
  const sql_result answer{
      sql_table{{"id", "username", "email", "full_name", "role", "provider", "active", "created_at", "updated_at",
                 "last_login", "groups", "quota", "password_hash"},
                {"u1", "ann", "ann@example.org", "Ann", "admin", "local", "t", "2026-03-29 12:00:00+00",
                 "2026-03-29 12:00:00+00", std::nullopt, R"(["a","b,c"])", R"({"cpu": 2})", "hash"},
                1,
                1}};
  const auto found = read_user_credentials(answer[0]);
  EXPECT_EQ(found.who.username, "ann");
  EXPECT_EQ(found.who.created_at, noon);
  EXPECT_EQ(found.who.last_login, std::nullopt);
  EXPECT_EQ(found.who.groups, (std::vector<std::string>{"a", "b,c"}));
  EXPECT_EQ(found.who.quota, (json{{"cpu", 2}}));
  EXPECT_EQ(found.password_hash, "hash");
}

}  // namespace
}  // namespace streamspace
