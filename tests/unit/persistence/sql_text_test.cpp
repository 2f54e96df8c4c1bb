#include <gtest/gtest.h>

#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {
namespace {

TEST(SqlText, EscapesWhatLikeTreatsSpecially) {
  EXPECT_EQ(escape_like(R"(50%_off\now)"), R"(50\%\_off\\now)");
  EXPECT_EQ(escape_like("plain"), "plain");
}

TEST(SqlText, QuotesLiterals) {
  EXPECT_EQ(quote_literal("plain"), " E'plain'");
  EXPECT_EQ(quote_literal(R"(it's a \ trap)"), R"( E'it''s a \\ trap')");
}

}  // namespace
}  // namespace streamspace
