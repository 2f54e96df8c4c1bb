#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/sql.hpp>

namespace streamspace {
namespace {

using testing::code_of;
using testing::failure_of;

template <class T>
std::string text_of(T&& value) {
  return sql_param{std::forward<T>(value)}.text().value_or("NULL");
}

TEST(SqlParam, IsTheTextThatPostgresqlReads) {
  EXPECT_EQ(text_of("text"), "text");
  EXPECT_EQ(text_of(std::string{"a\0b", 3}), (std::string{"a\0b", 3}));
  EXPECT_EQ(text_of(std::string_view{"view"}), "view");
  EXPECT_EQ(text_of(true), "t");
  EXPECT_EQ(text_of(false), "f");
  EXPECT_EQ(text_of(-5), "-5");
  EXPECT_EQ(text_of(18'446'744'073'709'551'615ULL), "18446744073709551615");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(1e300), "1e+300");
  EXPECT_EQ(text_of(parse_rfc3339("2026-03-29T01:02:03Z").value()), "2026-03-29T01:02:03.000000Z");
  EXPECT_EQ(text_of(json{{"a", 1}}), R"({"a":1})");
  EXPECT_EQ(text_of(json("text")), R"("text")");
}

TEST(SqlParam, MayBeNull) {
  EXPECT_EQ(text_of(nullptr), "NULL");
  EXPECT_EQ(text_of(std::nullopt), "NULL");
  EXPECT_EQ(text_of(std::optional<int>{}), "NULL");
  EXPECT_EQ(text_of(std::optional<int>{7}), "7");
  EXPECT_EQ(text_of(std::optional<std::string>{"x"}), "x");
  EXPECT_EQ(text_of(json(nullptr)), "null") << "JSON's null is a value";
}

TEST(SqlParam, RefusesJsonThatIsNotUtf8) {
  EXPECT_EQ(failure_of([] { sql_param{json{{"a", "\xff"}}}; })->code(), ec::invalid_argument);
}

/// One row with one column "c".
sql_row cell(std::optional<std::string> text) {
  return sql_result{sql_table{{"c"}, {std::move(text)}, 1, 1}}[0];
}

template <class T>
ec fault(std::optional<std::string> text) {
  const auto failure = failure_of([&] { cell(text).get<T>("c"); });
  return failure ? failure->code() : ec{};
}

TEST(SqlRow, GivesCellsAsTheTypeAskedFor) {
  EXPECT_EQ(cell("text").get<std::string>("c"), "text");
  EXPECT_EQ(cell("text").get<std::string>(0), "text");
  EXPECT_TRUE(cell("t").get<bool>("c"));
  EXPECT_FALSE(cell("f").get<bool>("c"));
  EXPECT_EQ(cell("-5").get<int>("c"), -5);
  EXPECT_EQ(cell("9223372036854775807").get<long long>("c"), 9'223'372'036'854'775'807LL);
  EXPECT_DOUBLE_EQ(cell("1.5e3").get<double>("c"), 1'500);
  EXPECT_EQ(cell(R"({"a": 1})").get<json>("c"), (json{{"a", 1}}));
  EXPECT_EQ(cell("2026-03-29 01:02:03.5+00").get<timestamp>("c"), parse_rfc3339("2026-03-29T01:02:03.5Z"));
  EXPECT_EQ(cell("5").get<std::optional<int>>("c"), 5);
  EXPECT_EQ(cell(std::nullopt).get<std::optional<int>>("c"), std::nullopt);
  EXPECT_TRUE(cell(std::nullopt).is_null("c"));
  EXPECT_FALSE(cell("").is_null(0));
}

TEST(SqlRow, RefusesCellsThatDoNotFit) {
  EXPECT_EQ(fault<int>("five"), ec::invalid_argument);
  EXPECT_EQ(fault<int>("5 "), ec::invalid_argument);
  EXPECT_EQ(fault<int>("1.5"), ec::invalid_argument);
  EXPECT_EQ(fault<int>("2147483648"), ec::invalid_argument);
  EXPECT_EQ(fault<unsigned>("-1"), ec::invalid_argument);
  EXPECT_EQ(fault<long long>("9223372036854775808"), ec::invalid_argument);
  EXPECT_EQ(fault<bool>("yes"), ec::invalid_argument);
  EXPECT_EQ(fault<double>("1,5"), ec::invalid_argument);
  EXPECT_EQ(fault<json>("{"), ec::invalid_argument);
  EXPECT_EQ(fault<timestamp>("infinity"), ec::invalid_argument);
  EXPECT_EQ(fault<int>(std::nullopt), ec::invalid_argument);
  EXPECT_EQ(fault<std::string>(std::nullopt), ec::invalid_argument);
}

TEST(SqlRow, RefusesColumnsThatThereAreNot) {
  EXPECT_EQ(failure_of([] { cell("1").get<int>("d"); })->code(), ec::not_found);
  EXPECT_EQ(failure_of([] { cell("1").get<int>(1); })->code(), ec::not_found);
}

TEST(SqlResult, IsWalkedRowByRow) {
  std::optional<sql_row> last;
  std::string seen;
  {
    const sql_result two{sql_table{{"a", "b"}, {"1", "x", "2", "y"}, 2, 2}};
    for (const auto& row : two) {
      seen += row.get<std::string>("a") + row.get<std::string>("b") + " ";
      last = row;
    }
    EXPECT_EQ(two.size(), 2U);
  }
  EXPECT_EQ(seen, "1x 2y ");
  EXPECT_EQ(last->get<int>("a"), 2) << "a row outlives its result";
  EXPECT_TRUE(sql_result{}.empty());
}

TEST(SqlRow, IsReadAsATuple) {
  const sql_result rows{sql_table{{"id", "name", "weight"}, {"7", "ann", std::nullopt}, 1, 1}};
  const auto [id, name, weight] = rows[0].as<int, std::string, std::optional<double>>();
  EXPECT_EQ(id, 7);
  EXPECT_EQ(name, "ann");
  EXPECT_EQ(weight, std::nullopt);
}

TEST(SqlRow, IsNoTupleOfOtherTypesOrOfAnotherSize) {
  const sql_result rows{sql_table{{"id", "name"}, {"7", std::nullopt}, 1, 1}};
  EXPECT_EQ(code_of([&] { rows[0].as<int>(); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rows[0].as<int, std::optional<int>, int>(); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { rows[0].as<int, std::string>(); }), ec::invalid_argument) << "NULL is no text";
  EXPECT_EQ(code_of([&] { rows[0].as<bool, std::optional<int>>(); }), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
