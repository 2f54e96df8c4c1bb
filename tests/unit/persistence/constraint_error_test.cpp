#include <gtest/gtest.h>

#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/session_sql.hpp>
#include <streamspace/persistence/user_sql.hpp>

namespace streamspace {
namespace {

error refused(std::string sqlstate, std::string constraint) {
  return {
      ec::database_error, "words", {{"sqlstate", sqlstate}, {"constraint", constraint}, {"message", "server's words"}}};
}

TEST(ConstraintError, SaysWhatAConstraintMeansAndKeepsTheFacts) {
  const auto e = explain_constraint(refused("23505", "t_key"), {{"t_key", ec::already_exists, "the name is taken"}});
  EXPECT_EQ(e.code(), ec::already_exists);
  EXPECT_EQ(e.message(), "the name is taken");
  EXPECT_EQ(e.fact("sqlstate"), "23505");
}

TEST(ConstraintError, TakesEveryOtherCheckForABadValue) {
  EXPECT_EQ(explain_constraint(refused("23514", "unknown"), {}).code(), ec::invalid_argument);
}

TEST(ConstraintError, LeavesOtherErrorsAlone) {
  const auto other = refused("42P01", "");
  EXPECT_EQ(explain_constraint(other, {{"t_key", ec::conflict, "no"}}), other);
  const error lost{ec::database_unreachable, "gone", {{"constraint", "t_key"}}};
  EXPECT_EQ(explain_constraint(lost, {{"t_key", ec::conflict, "no"}}), lost);
}

TEST(ConstraintError, ReadsTheSameForeignKeyByWhoAsks) {
  EXPECT_EQ(explain_user_error(refused("23503", "sessions_user_fkey")).code(), ec::conflict);
  EXPECT_EQ(explain_session_error(refused("23503", "sessions_user_fkey")).code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
