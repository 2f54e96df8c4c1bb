#include <limits>

#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {
namespace {

// SPEC 6.11: the original did not serialise what it stored, took % and _ of a prefix for wildcards, and ran DDL on
// every call.

TEST(StorageSql, SerialisesWhateverJsonItIsGiven) {
  EXPECT_EQ(set_stored("p", "k", {{"a", {1, "two", nullptr}}}).value, R"({"a":[1,"two",null]})");
  EXPECT_EQ(set_stored("p", "k", "text").value, "\"text\"");
  EXPECT_EQ(set_stored("p", "k", nullptr).value, "null");
}

TEST(StorageSql, TakesAPrefixLiterally) {
  EXPECT_EQ(list_stored_keys("p", R"(50%_\)", "", 10).params[1].text(), R"(50\%\_\\%)");
}

TEST(StorageSql, HasNoLayoutChangesInItsStatements) {
  for (const auto& statement :
       {storage_statement({get_stored("p", "k")}), storage_statement({set_stored("p", "k", 1)}),
        storage_statement({remove_stored("p", "k")}), storage_statement({increment_stored("p", "k", 1)}),
        list_stored_keys("p", "", "", 1), clear_stored("p"), count_stored("p")})
    for (const auto* word : {"CREATE", "ALTER", "DROP"}) EXPECT_EQ(statement.text.find(word), std::string::npos);
}

TEST(StorageSql, RefusesToAddWhatIsNotFinite) {
  EXPECT_THROW(increment_stored("p", "k", std::numeric_limits<double>::infinity()), error);
  EXPECT_THROW(increment_stored("p", "k", std::numeric_limits<double>::quiet_NaN()), error);
}

TEST(StorageSql, TellsAbsentFromNull) {
  const std::vector<storage_request> asked{get_stored("p", "absent"), get_stored("p", "null")};
  const auto answers = read_storage_answers(asked, sql_result{sql_table{{"i", "value"}, {"2", "null"}, 1, 1}});
  EXPECT_EQ(answers.at(0), std::nullopt);
  EXPECT_EQ(answers.at(1), "null");
}

TEST(StorageSql, RefusesKeysThatCannotBe) {
  EXPECT_THROW(get_stored("p", ""), error);
  EXPECT_THROW(get_stored("p", std::string(513, 'x')), error);
  EXPECT_THROW(set_stored("p", std::string{"a\0b", 3}, 1), error);
  EXPECT_THROW(remove_stored("p", "\xff"), error);
  EXPECT_NO_THROW(get_stored("p", std::string(512, 'x')));
}

TEST(StorageSql, CountsBytesAsTheDatabaseDoes) {
  const auto bytes = [](const char* text) { return stored_bytes("key", text) - 3 - 128; };
  EXPECT_EQ(bytes("1"), 1U);
  EXPECT_EQ(bytes(R"({"a":[1,2],"b":{}})"), std::string_view{R"({"a": [1, 2], "b": {}})"}.size());
  EXPECT_EQ(bytes(R"("a,b:c\",1e5")"), std::string_view{R"("a,b:c\",1e5")"}.size()) << "nothing within a text";
  EXPECT_GE(bytes("1e+300"), 301U);
  EXPECT_GE(bytes("[2.5e-07]"), std::string_view{"[0.00000025]"}.size());
  EXPECT_EQ(bytes("true"), 4U);
}

TEST(StorageSql, QuotesTextsInArrays) {
  const auto statement = storage_statement({get_stored("p", R"(a"b\c,{d})"), get_stored("p", "NULL")});
  EXPECT_EQ(*statement.params.at(1).text(), R"({"a\"b\\c,{d}","NULL"})");
}

}  // namespace
}  // namespace streamspace
