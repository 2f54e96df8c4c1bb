#include <gtest/gtest.h>

#include <streamspace/persistence/session_sql.hpp>

namespace streamspace {
namespace {

const timestamp noon = *parse_rfc3339("2026-03-29T12:00:00Z");

TEST(SessionSql, FiltersByWhatIsGiven) {
  EXPECT_EQ(list_sessions({}, {}).text.find("user_id ="), std::string::npos);
  const auto statement = list_sessions({"u1", session_state::running}, {});
  EXPECT_NE(statement.text.find("WHERE user_id = $1 AND state = $2"), std::string::npos);
  ASSERT_EQ(statement.params.size(), 2u);
  EXPECT_EQ(statement.params[1].text(), "running");
}

TEST(SessionSql, TellsKeepingFromTakingAway) {
  session_changes changes;
  changes.url = std::optional<std::string>{};
  changes.pod_name = "pod-1";
  const auto statement = update_session("s1", changes, noon);
  EXPECT_EQ(statement.text.substr(0, statement.text.find(" WHERE")),
            "UPDATE sessions SET updated_at = $1, url = $2, pod_name = $3");
  EXPECT_EQ(statement.params[1].text(), std::nullopt);
  EXPECT_EQ(statement.params[2].text(), "pod-1");
}

TEST(SessionSql, NamesTheStatesATransitionMayStartFrom) {
  const auto statement =
      transition_session("s1", {session_state::pending, session_state::hibernated}, session_state::running, noon);
  EXPECT_EQ(statement.params[1].text(), "{pending,hibernated}");
  EXPECT_EQ(statement.params[2].text(), "running");
}

}  // namespace
}  // namespace streamspace
