#include <set>
#include <string>

#include <gtest/gtest.h>

#include <streamspace/persistence/prepared_texts.hpp>

namespace streamspace {
namespace {

TEST(PreparedTexts, AreOfStatementsWithPlans) {
  for (const auto* text : {"SELECT 1", "select 1", "\n\t WITH x AS (SELECT 1) TABLE x", "Insert INTO t VALUES (1)",
                           "UPDATE t SET a = 1", "DELETE FROM t", "VALUES (1)", "MERGE INTO t USING u ON true"})
    EXPECT_TRUE(prepared_texts::is_worth_it(text)) << text;
  for (const auto* text : {"", " ", "sel", "BEGIN", "SET a = 1", "FETCH 10 FROM c", "-- SELECT", "CREATE TABLE t ()"})
    EXPECT_FALSE(prepared_texts::is_worth_it(text)) << text;
  EXPECT_FALSE(prepared_texts::is_worth_it("SELECT '" + std::string(prepared_texts::longest, 'x') + "'"));
}

TEST(PreparedTexts, ComeAgainUntilTooManyOthersCame) {
  prepared_texts texts;
  EXPECT_FALSE(texts.comes_again("a"));
  EXPECT_TRUE(texts.comes_again("a"));
  for (int i = 0; i < 1'000; ++i) texts.comes_again(std::to_string(i));
  EXPECT_FALSE(texts.comes_again("a"));
}

TEST(PreparedTexts, MakeRoomByWhatWasNotUsedForLongest) {
  prepared_texts texts;
  for (std::size_t i = 0; i < prepared_texts::most; ++i) {
    EXPECT_FALSE(texts.make_room());
    texts.add("text " + std::to_string(i), "name " + std::to_string(i));
  }
  ASSERT_TRUE(texts.find("text 0"));
  EXPECT_EQ(*texts.find("text 0"), "name 0");
  EXPECT_EQ(texts.make_room(), "name 1");
  EXPECT_FALSE(texts.find("text 1"));
  EXPECT_FALSE(texts.make_room());
}

TEST(PreparedTexts, AreDroppedByTextAndByName) {
  prepared_texts texts;
  for (const auto* text : {"a", "b", "c"}) texts.add(text, std::string{"name of "} + text);
  texts.drop("a");
  texts.drop("never there");
  EXPECT_FALSE(texts.find("a"));
  EXPECT_TRUE(texts.has("name of b"));
  texts.keep(std::set<std::string>{"name of c", "another's"});
  EXPECT_FALSE(texts.has("name of b"));
  EXPECT_TRUE(texts.find("c"));
  EXPECT_NE(texts.next_name(), texts.next_name());
}

}  // namespace
}  // namespace streamspace
