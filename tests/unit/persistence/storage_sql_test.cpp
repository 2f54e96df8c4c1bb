#include <limits>

#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {
namespace {

// SPEC 6.11: the original did not serialise what it stored, took % and _ of a prefix for wildcards, and ran DDL on
// every call.

TEST(StorageSql, SerialisesWhateverJsonItIsGiven) {
  EXPECT_EQ(set_stored("p", "k", {{"a", {1, "two", nullptr}}}).params[2].text(), R"({"a":[1,"two",null]})");
  EXPECT_EQ(set_stored("p", "k", "text").params[2].text(), "\"text\"");
  EXPECT_EQ(set_stored("p", "k", nullptr).params[2].text(), "null");
}

TEST(StorageSql, TakesAPrefixLiterally) {
  EXPECT_EQ(list_stored_keys("p", R"(50%_\)", "", 10).params[1].text(), R"(50\%\_\\%)");
}

TEST(StorageSql, HasNoLayoutChangesInItsStatements) {
  for (const auto& statement :
       {get_stored("p", "k"), set_stored("p", "k", 1), remove_stored("p", "k"), list_stored_keys("p", "", "", 1),
        clear_stored("p"), increment_stored("p", "k", 1), count_stored("p")})
    for (const auto* word : {"CREATE", "ALTER", "DROP"}) EXPECT_EQ(statement.text.find(word), std::string::npos);
}

TEST(StorageSql, RefusesToAddWhatIsNotFinite) {
  EXPECT_THROW(increment_stored("p", "k", std::numeric_limits<double>::infinity()), error);
  EXPECT_THROW(increment_stored("p", "k", std::numeric_limits<double>::quiet_NaN()), error);
}

TEST(StorageSql, ReadsNothingForAnAbsentKey) {
  EXPECT_EQ(read_stored_value({}), std::nullopt);
  EXPECT_EQ(read_stored_value(sql_result{sql_table{{"value"}, {"null"}, 1, 1}}), json(nullptr));
}

TEST(StorageSql, SaysThatNothingCanBeAddedToWhatIsNoNumber) {
  try {
    read_increment({}, "visits");
    FAIL() << "no error";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::invalid_argument);
    EXPECT_NE(e.message().find("visits"), std::string::npos);
  }
}

}  // namespace
}  // namespace streamspace
