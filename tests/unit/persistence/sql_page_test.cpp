#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/sql_page.hpp>

namespace streamspace {
namespace {

TEST(SqlPage, CountsAllAndSelectsAPart) {
  const auto statement = select_page("id, x", "things", "x = $1", "x, id", {7}, {3, 20});
  EXPECT_EQ(statement.text,
            "SELECT counted.total, part.* FROM (SELECT count(*) AS total FROM things WHERE x = $1) counted LEFT JOIN "
            "(SELECT id, x FROM things WHERE x = $1 ORDER BY x, id LIMIT 20 OFFSET 40) part ON true");
  ASSERT_EQ(statement.params.size(), 1u);
}

TEST(SqlPage, RefusesPagesAndLimitsOutOfRange) {
  for (const auto wanted : {page_request{0, 10}, page_request{-1, 10}, page_request{1, 0}, page_request{1, 501}}) {
    try {
      select_page("id", "things", "", "id", {}, wanted);
      ADD_FAILURE() << "page " << wanted.page << " limit " << wanted.limit << " was taken";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), ec::invalid_argument);
    }
  }
}

TEST(SqlPage, DoesNotOverflowOnTheLastPossiblePage) {
  EXPECT_NE(select_page("id", "t", "", "id", {}, {2147483647, 500}).text.find("OFFSET 1073741823000"),
            std::string::npos);
}

TEST(SqlPage, ReadsTheTotalPastTheLastPage) {
  sql_table table{{"total", "id"}, {"41", std::nullopt}, 1, 1};
  const auto page = read_page<int>(sql_result{table}, [](const sql_row& row) { return row.get<int>("id"); });
  EXPECT_EQ(page.total, 41u);
  EXPECT_TRUE(page.items.empty());
}

TEST(SqlUpdate, NumbersItsParametersAndEndsWithTheId) {
  sql_update update;
  update.set("a", 1);
  update.set("b", "f($::jsonb)", "[]");
  const auto statement = update.where_id("things", "the-id", "id, a");
  EXPECT_EQ(statement.text, "UPDATE things SET a = $1, b = f($2::jsonb) WHERE id = $3 RETURNING id, a");
  ASSERT_EQ(statement.params.size(), 3u);
  EXPECT_EQ(statement.params[2].text(), "the-id");
}

}  // namespace
}  // namespace streamspace
