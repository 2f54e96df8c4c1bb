#include <limits>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/persistence/dead_letter_sql.hpp>

namespace streamspace {
namespace {

using ::testing::AllOf;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::Not;

dead_letter a_letter(json data = json{{"n", 1}}) {
  return {.id = 3'000'000'007,
          .at = *parse_rfc3339("2026-03-29T01:02:03.5Z"),
          .plugin = "billing",
          .subscription = "a.*",
          .what = std::make_shared<const event>("a.b", std::move(data)),
          .cause = dead_letter_cause::poison,
          .detail = "it threw",
          .attempts = 3};
}

/// What list_dead_letters() answers for these letters, as the database writes it.
sql_result rows_of(const std::vector<dead_letter>& letters) {
  sql_table table{{"total", "id", "at", "plugin", "subscription", "event", "cause", "detail", "attempts"}, {}, 0, 0};
  for (const auto& l : letters) {
    for (const auto& cell :
         {std::to_string(letters.size()), std::to_string(l.id), to_rfc3339(l.at), l.plugin, l.subscription,
          l.what->envelope().dump(), std::string{to_string(l.cause)}, l.detail, std::to_string(l.attempts)})
      table.add(cell);
    ++table.rows;
  }
  return sql_result{std::move(table)};
}

sql_result with_cell(const char* column, std::optional<std::string> cell) {
  const auto good = rows_of({a_letter()});
  sql_table table{good.columns(), {}, 1, 1};
  for (const auto& name : good.columns()) table.add(name == column ? cell : good[0].cell(std::string_view{name}));
  return sql_result{std::move(table)};
}

TEST(DeadLetterSql, GivesANumberABillionIdsBelowWhatJsonHoldsExactly) {
  const auto first = [](const std::string& number) {
    return read_first_dead_letter_id(sql_result{sql_table{{"nextval"}, {number}, 1, 1}});
  };
  EXPECT_EQ(first("1"), 1'000'000'000U);
  EXPECT_EQ(first("2") - first("1"), dead_letter_ids_a_number);
  EXPECT_LT(first("9007198") + dead_letter_ids_a_number - 1, dead_letter_id_end) << "the sequence's last number";
}

TEST(DeadLetterSql, ReadsBackTheLettersOfAnAnswer) {
  const auto sent = a_letter();
  const auto rows = rows_of({sent});
  EXPECT_EQ(read_dead_letter_total(rows), 1U);
  ASSERT_TRUE(has_dead_letter(rows[0]));
  const auto back = read_dead_letter(rows[0]);
  ASSERT_TRUE(back);
  EXPECT_EQ(json(*back), json(sent));
}

TEST(DeadLetterSql, TellsATotalWithoutLetters) {
  const sql_result past_the_end{sql_table{{"total", "id"}, {"7", std::nullopt}, 1, 1}};
  EXPECT_EQ(read_dead_letter_total(past_the_end), 7U);
  EXPECT_FALSE(has_dead_letter(past_the_end[0]));
}

TEST(DeadLetterSql, NamesTheLetterThatCannotBeRead) {
  const std::vector<std::pair<const char*, std::optional<std::string>>> cells{{"cause", "boredom"},
                                                                              {"cause", std::nullopt},
                                                                              {"attempts", "-1"},
                                                                              {"attempts", "99999999999"},
                                                                              {"at", "yesterday"},
                                                                              {"event", "{}"},
                                                                              {"event", "[1"},
                                                                              {"event", std::nullopt},
                                                                              {"event", R"({"id": "1"})"},
                                                                              {"event", std::string(100'000, '[')}};
  for (const auto& [column, cell] : cells) {
    const auto read = read_dead_letter(with_cell(column, cell)[0]);
    ASSERT_FALSE(read) << column << " " << cell.value_or("NULL").substr(0, 40);
    EXPECT_EQ(read.error().code(), ec::internal);
    EXPECT_THAT(read.error().message(), HasSubstr("3000000007"));
  }
}

TEST(DeadLetterSql, InsertsWholeBatchesInOneStatement) {
  const auto statement = insert_dead_letters({dead_letter_row(a_letter()), dead_letter_row(a_letter())});
  ASSERT_EQ(statement.params.size(), 1U);
  const auto rows = json::parse(*statement.params[0].text());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["event_type"], "a.b");
  EXPECT_EQ(rows[0]["event"]["data"], (json{{"n", 1}}));
  EXPECT_EQ(rows[0]["at"], "2026-03-29T01:02:03.500000Z");
}

TEST(DeadLetterSql, RefusesEventsThatTheDatabaseCannotHold) {
  json deep = 1;
  for (int i = 0; i < 600; ++i) deep = json::array({std::move(deep)});
  for (const json& data :
       {json("not \xff utf-8"), json(std::string("a\0b", 3)), deep, json(std::numeric_limits<double>::infinity())}) {
    const auto refused = failure_of([&] { dead_letter_row(a_letter(data)); });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ec::invalid_argument);
  }
}

TEST(DeadLetterSql, MendsADetailThatIsNoText) {
  auto letter = a_letter();
  letter.detail = std::string("what \xff a\0mess", 13);
  const auto detail = json::parse(dead_letter_row(letter))["detail"].get<std::string>();
  EXPECT_THAT(detail, AllOf(HasSubstr("what "), HasSubstr("mess"), Not(HasSubstr(std::string(1, '\0')))));
}

TEST(DeadLetterSql, AsksForAllUnlessAFilterSaysOtherwise) {
  const auto all = list_dead_letters({});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(all.params[static_cast<std::size_t>(i)].text(), std::nullopt);
  EXPECT_EQ(all.params[4].text(), "0");
  EXPECT_THAT(all.text, AllOf(HasSubstr("ORDER BY id DESC"), HasSubstr("LIMIT 500")));
  const auto some = list_dead_letters({.plugin = "p",
                                       .cause = dead_letter_cause::failed,
                                       .type = "a.b",
                                       .before = 9,
                                       .after = 5,
                                       .limit = 2,
                                       .oldest_first = true});
  EXPECT_EQ(some.params[0].text(), "p");
  EXPECT_EQ(some.params[1].text(), "failed");
  EXPECT_EQ(some.params[2].text(), "a.b");
  EXPECT_EQ(some.params[3].text(), "9");
  EXPECT_EQ(some.params[4].text(), "5");
  EXPECT_THAT(some.text, AllOf(HasSubstr("LIMIT 2"), Not(HasSubstr("DESC"))));
}

TEST(DeadLetterSql, NeverAsksForAnIdThatTheDatabaseHasNoNumberFor) {
  const auto highest = std::numeric_limits<std::uint64_t>::max();
  const auto asked = list_dead_letters({.before = highest, .after = highest});
  EXPECT_EQ(asked.params[3].text(), std::to_string(dead_letter_id_end));
  EXPECT_EQ(asked.params[4].text(), std::to_string(dead_letter_id_end));
  EXPECT_EQ(find_dead_letter(highest).params[0].text(), std::to_string(dead_letter_id_end));
}

TEST(DeadLetterSql, WritesIdsAsAnArray) {
  EXPECT_EQ(remove_dead_letters({}).params[0].text(), "{}");
  EXPECT_EQ(release_dead_letters({1, 22}).params[0].text(), "{1,22}");
}

}  // namespace
}  // namespace streamspace
