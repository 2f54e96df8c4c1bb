#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

using namespace std::string_literals;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::patience;

class PgConnection : public testing::postgres_test {
 protected:
  PgConnection() : connection_{connect()} {
    run("CREATE TABLE items (id int PRIMARY KEY, name text CONSTRAINT items_short_name CHECK (length(name) < 5))");
  }

  sql_result run(const std::string& text, sql_params params = {}) {
    return connection_.execute({text, std::move(params)}, patience);
  }
  int count() { return connect().execute({"SELECT count(*) FROM items", {}}, patience)[0].get<int>(0); }
  /// How many statements are prepared; this one never is.
  int prepared() { return run("/**/ SELECT count(*) FROM pg_prepared_statements")[0].get<int>(0); }

  pg_connection connection_;
};

TEST_F(PgConnection, RunsAStatementWithParametersAndNull) {
  const auto answer = run("SELECT $1::int + 1 AS n, $2::text AS nothing, $3::text AS words", {41, nullptr, "grüße"});
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer.columns(), (std::vector<std::string>{"n", "nothing", "words"}));
  EXPECT_EQ(answer[0].get<int>("n"), 42);
  EXPECT_TRUE(answer[0].is_null("nothing"));
  EXPECT_EQ(answer[0].get<std::string>("words"), "grüße");
}

TEST_F(PgConnection, PreparesAStatementOnceForEachOfItsTexts) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(connection_.execute_prepared({"SELECT $1::int + 1", {i}}, patience)[0].get<int>(0), i + 1);
  EXPECT_EQ(prepared(), 1);
  connection_.reset(patience);
  EXPECT_EQ(prepared(), 1) << "it is as good to the next borrower";
  const auto nothing = connection_.execute_prepared({"SELECT $1::text", {nullptr}}, patience)[0].cell(0);
  EXPECT_EQ(nothing, std::nullopt);
  EXPECT_EQ(prepared(), 2);
  const auto prepares_again = [&] {
    EXPECT_EQ(prepared(), 0);
    EXPECT_EQ(connection_.execute_prepared({"SELECT $1::int + 1", {1}}, patience)[0].get<int>(0), 2);
    EXPECT_EQ(prepared(), 1);
  };
  run("DEALLOCATE ALL");
  prepares_again();
  run("DISCARD ALL");
  prepares_again();
  connection_.execute_script("DEALLOCATE ALL; SELECT 1", patience);
  prepares_again();
  connection_.execute_script("DEALLOCATE ALL; PREPARE streamspace_5 AS SELECT 99", patience);
  EXPECT_EQ(connection_.execute_prepared({"SELECT $1::int + 1", {1}}, patience)[0].get<int>(0), 2);
}

TEST_F(PgConnection, PreparesATextThatComesAgain) {
  const auto twice = [&](const std::string& text) {
    const auto before = prepared();
    run(text);
    EXPECT_EQ(prepared(), before) << text;
    run(text);
    return prepared() - before;
  };
  EXPECT_EQ(twice("SELECT 1"), 1);
  EXPECT_EQ(twice(" delete FROM items"), 1);
  EXPECT_EQ(twice("SET work_mem = '5MB'"), 0) << "there is no plan to save";
  EXPECT_EQ(twice("SELECT 1 -- " + std::string(20'000, 'x')), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run("SELECT $1::int AS n", {i})[0].get<int>("n"), i);
  run("INSERT INTO items VALUES (1), (2)");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run("UPDATE items SET name = 'x'").affected(), 2u);
}

TEST_F(PgConnection, RunsAPreparedStatementAnewWhenItsPlanIsOfOtherColumns) {
  for (int i = 0; i < 3; ++i) run("SELECT * FROM items");
  run("ALTER TABLE items ADD COLUMN more int");
  EXPECT_EQ(run("SELECT * FROM items").columns().back(), "more");
  for (int i = 0; i < 3; ++i) run("SELECT * FROM items");
  connection_.begin(patience);
  run("ALTER TABLE items DROP COLUMN more");
  connection_.commit(patience);
  connection_.begin(patience);
  EXPECT_EQ(failure_of([&] { run("SELECT * FROM items"); })->fact("sqlstate"), "0A000");
  connection_.rollback(patience);
  connection_.begin(patience);
  EXPECT_NE(run("SELECT * FROM items").columns().back(), "more");
  connection_.rollback(patience);
}

TEST_F(PgConnection, RunsAPreparedStatementAnewThatWasDeallocatedUnseen) {
  const auto deallocates = [&] { run("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"); };
  for (int i = 0; i < 3; ++i) run("SELECT 1");
  deallocates();
  EXPECT_EQ(run("SELECT 1").size(), 1u);
  for (int i = 0; i < 3; ++i) run("SELECT 1");
  connection_.begin(patience);
  deallocates();
  EXPECT_EQ(failure_of([&] { run("SELECT 1"); })->fact("sqlstate"), "26000");
  connection_.rollback(patience);
  EXPECT_EQ(run("SELECT 1").size(), 1u);
}

TEST_F(PgConnection, GivesUpThePreparedStatementsThatItUsesLeast) {
  for (int i = 0; i < 3; ++i) run("SELECT 'kept'");
  for (int i = 0; i < 300; ++i) {
    for (int twice = 0; twice < 2; ++twice) run("SELECT " + std::to_string(i));
    run("SELECT 'kept'");
  }
  const auto prepares = [&](const std::string& text) {
    return connection_.execute({"SELECT 1 FROM pg_prepared_statements WHERE statement = $1", {text}}, patience).size();
  };
  EXPECT_LE(prepared(), static_cast<int>(pg_connection::most_prepared));
  EXPECT_EQ(prepares("SELECT 'kept'"), 1u);
  EXPECT_EQ(prepares("SELECT 299"), 1u);
  EXPECT_EQ(prepares("SELECT 0"), 0u);
  connection_.begin(patience);
  for (int i = 0; i < 600; ++i) run("SELECT " + std::to_string(i / 2));
  connection_.rollback(patience);
  EXPECT_LE(prepared(), 2 * static_cast<int>(pg_connection::most_prepared)) << "none is deallocated in a transaction";
  connection_.reset(patience);
  EXPECT_LE(prepared(), static_cast<int>(pg_connection::most_prepared));
}

TEST_F(PgConnection, PreparesNoMoreThanItMayAndRunsTheOthersAsWell) {
  const auto texts = static_cast<int>(pg_connection::most_prepared) + 3;
  for (int i = 0; i < texts; ++i)
    EXPECT_EQ(connection_.execute_prepared({"SELECT " + std::to_string(i), {}}, patience)[0].get<int>(0), i);
  EXPECT_EQ(run("SELECT count(*) FROM pg_prepared_statements")[0].get<std::size_t>(0), pg_connection::most_prepared);
}

TEST_F(PgConnection, GoesOnAfterAStatementThatCannotBePrepared) {
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(testing::failure_of([&] {
                connection_.execute_prepared({"SELEC 1", {}}, patience);
              })->fact("sqlstate"),
              "42601");
  EXPECT_EQ(connection_.execute_prepared({"SELECT 1", {}}, patience)[0].get<int>(0), 1);
}

TEST_F(PgConnection, TellsHowManyRowsAStatementChanged) {
  EXPECT_EQ(run("INSERT INTO items SELECT g FROM generate_series(1, 7) g").affected(), 7u);
  EXPECT_EQ(run("UPDATE items SET name = 'x' WHERE id < 4").affected(), 3u);
  EXPECT_EQ(run("SELECT * FROM items").affected(), 7u);
  EXPECT_EQ(run("CREATE TABLE more (id int)").affected(), 0u);
}

TEST_F(PgConnection, KeepsEveryValueThroughTheServer) {
  const auto instant = *parse_rfc3339("2026-03-29T01:02:03.123456Z");
  const json document = {{"a", {1, 2.5, nullptr, "ü"}}};
  const auto row = run("SELECT $1::timestamptz, $2::jsonb, $3::float8, $4::bool, $5::bigint",
                       {instant, document, 0.1, true, std::int64_t{-9007199254740993}})[0];
  EXPECT_EQ(row.get<timestamp>(0), instant);
  EXPECT_EQ(row.get<json>(1), document);
  EXPECT_EQ(row.get<double>(2), 0.1);
  EXPECT_TRUE(row.get<bool>(3));
  EXPECT_EQ(row.get<std::int64_t>(4), -9007199254740993);
}

TEST_F(PgConnection, HasTheSessionSettingsThatEveryoneReliesOn) {
  for (const auto& [name, value] : {std::pair{"TimeZone", "UTC"},
                                    {"client_encoding", "UTF8"},
                                    {"standard_conforming_strings", "on"},
                                    {"DateStyle", "ISO, MDY"},
                                    {"application_name", "streamspace"}})
    EXPECT_EQ(run("SHOW "s + name)[0].get<std::string>(0), value);
}

TEST_F(PgConnection, LetsTheUrlNameTheApplicationAndAddSettings) {
  pg_connection other{url() + "&application_name=mine&options=-c%20work_mem%3D1MB", patience};
  EXPECT_EQ(other.execute({"SHOW application_name", {}}, patience)[0].get<std::string>(0), "mine");
  EXPECT_EQ(other.execute({"SHOW work_mem", {}}, patience)[0].get<std::string>(0), "1MB");
  EXPECT_EQ(other.execute({"SHOW TimeZone", {}}, patience)[0].get<std::string>(0), "UTC");
}

TEST_F(PgConnection, CommitsOutsideOfATransactionAtOnce) {
  run("INSERT INTO items VALUES (1)");
  EXPECT_EQ(count(), 1);
}

TEST_F(PgConnection, ShowsATransactionToOthersOnlyWhenCommitted) {
  connection_.begin(patience);
  EXPECT_TRUE(connection_.in_transaction());
  run("INSERT INTO items VALUES (1)");
  EXPECT_EQ(count(), 0);
  connection_.commit(patience);
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(count(), 1);
}

TEST_F(PgConnection, RollsATransactionBack) {
  connection_.begin(patience);
  run("INSERT INTO items VALUES (1)");
  connection_.rollback(patience);
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(count(), 0);
}

TEST_F(PgConnection, TakesBeginAndCommitAsStatements) {
  run("BEGIN");
  run("INSERT INTO items VALUES (1)");
  run("COMMIT");
  EXPECT_EQ(count(), 1);
}

TEST_F(PgConnection, SaysThatACommitRolledBackWhatHadFailed) {
  connection_.begin(patience);
  run("INSERT INTO items VALUES (1)");
  EXPECT_TRUE(failure_of([&] { run("SELECT 1 / 0"); }));
  const auto refusal = failure_of([&] { connection_.commit(patience); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_error);
  EXPECT_EQ(refusal->fact("sqlstate"), "25P02");
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(count(), 0);
}

TEST_F(PgConnection, NamesTheConstraintTableAndStateOfARefusal) {
  run("INSERT INTO items VALUES (1, 'a')");
  const auto twice = failure_of([&] { run("INSERT INTO items VALUES (1, 'b')"); });
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->code(), ec::database_error);
  EXPECT_EQ(twice->fact("sqlstate"), "23505");
  EXPECT_EQ(twice->fact("constraint"), "items_pkey");
  EXPECT_EQ(twice->fact("table"), "items");
  EXPECT_THAT(std::string{twice->fact("detail")}, HasSubstr("(id)=(1)"));
  const auto longer = failure_of([&] { run("INSERT INTO items VALUES ($1, $2)", {2, "too long"}); });
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->fact("sqlstate"), "23514");
  EXPECT_EQ(longer->fact("constraint"), "items_short_name");
}

TEST_F(PgConnection, ThrowsTheClassThatHasTheSqlstate) {
  try {
    run("SELECT * FROM nowhere");
    FAIL() << "no error";
  } catch (const database_error& e) {
    EXPECT_EQ(e.sqlstate(), "42P01");
  }
}

TEST_F(PgConnection, SaysWhereInTheStatementTheErrorIs) {
  const auto refusal = failure_of([&] { run("SELECT 'ü', nonsense FROM items"); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fact("sqlstate"), "42703");
  EXPECT_EQ(refusal->fact("position"), "13");
  EXPECT_THAT(refusal->message(), HasSubstr("column \"nonsense\" does not exist"));
}

TEST_F(PgConnection, GoesOnAfterARefusal) {
  EXPECT_TRUE(failure_of([&] { run("SELECT 1 / 0"); }));
  EXPECT_TRUE(connection_.usable());
  EXPECT_EQ(run("SELECT 2")[0].get<int>(0), 2);
}

TEST_F(PgConnection, CarriesTheStateOfASerializationFailure) {
  run("INSERT INTO items VALUES (1, 'a')");
  auto other = connect();
  for (auto* side : {&connection_, &other}) {
    side->execute({"BEGIN ISOLATION LEVEL REPEATABLE READ", {}}, patience);
    side->execute({"SELECT * FROM items", {}}, patience);
  }
  other.execute({"UPDATE items SET name = 'b'", {}}, patience);
  other.commit(patience);
  const auto refusal = failure_of([&] { run("UPDATE items SET name = 'c'"); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fact("sqlstate"), "40001");
}

TEST_F(PgConnection, RefusesNulBytesAndInvalidUtf8BeforeSending) {
  for (const auto& bad : {"a\0b"s, "\xFF"s, "\xC0\x80"s}) {
    const auto in_parameter = failure_of([&] { run("INSERT INTO items VALUES (1, $1)", {bad}); });
    ASSERT_TRUE(in_parameter);
    EXPECT_EQ(in_parameter->code(), ec::invalid_argument);
    EXPECT_THAT(in_parameter->message(), HasSubstr("$1"));
    const auto in_text = failure_of([&] { run("SELECT '" + bad + "'"); });
    ASSERT_TRUE(in_text);
    EXPECT_EQ(in_text->code(), ec::invalid_argument);
    const auto in_script = failure_of([&] { connection_.execute_script("SELECT '" + bad + "'", patience); });
    ASSERT_TRUE(in_script);
    EXPECT_EQ(in_script->code(), ec::invalid_argument);
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(PgConnection, RunsNoSecondStatementBehindTheFirst) {
  const auto refusal = failure_of([&] { run("INSERT INTO items VALUES (1); INSERT INTO items VALUES (2)"); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fact("sqlstate"), "42601");
  EXPECT_EQ(count(), 0);
}

TEST_F(PgConnection, RefusesCopyAndStaysUsable) {
  for (const auto* copy : {"COPY items FROM STDIN", "COPY items TO STDOUT"}) {
    const auto refusal = failure_of([&] { run(copy); });
    ASSERT_TRUE(refusal) << copy;
    EXPECT_EQ(refusal->code(), ec::invalid_argument) << refusal->message();
    EXPECT_EQ(run("SELECT 1").size(), 1u);
  }
}

TEST_F(PgConnection, ReadsManyRows) {
  const auto answer = run("SELECT g, 'row ' || g FROM generate_series(1, 100000) g");
  ASSERT_EQ(answer.size(), 100'000u);
  EXPECT_EQ(answer[99'999].get<int>(0), 100'000);
  EXPECT_EQ(answer[54'320].get<std::string>(1), "row 54321");
}

TEST_F(PgConnection, TakesALargeValue) {
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(run("SELECT $1::text", {large})[0].get<std::string>(0).size(), large.size());
}

TEST_F(PgConnection, RunsAScriptAsOneTransaction) {
  connection_.execute_script("INSERT INTO items VALUES (1); INSERT INTO items VALUES (2);", patience);
  EXPECT_EQ(count(), 2);
  EXPECT_TRUE(failure_of([&] { connection_.execute_script("INSERT INTO items VALUES (3); SELECT 1 / 0;", patience); }));
  EXPECT_EQ(count(), 2);
}

TEST_F(PgConnection, ResetEndsTheTransaction) {
  connection_.begin(patience);
  run("INSERT INTO items VALUES (1)");
  connection_.reset(patience);
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(count(), 0);
}

TEST_F(PgConnection, ResetEndsATransactionThatFailed) {
  connection_.begin(patience);
  EXPECT_TRUE(failure_of([&] { run("SELECT 1 / 0"); }));
  connection_.reset(patience);
  EXPECT_EQ(run("SELECT 1").size(), 1u);
}

TEST_F(PgConnection, ResetLeavesNothingOfThePreviousUser) {
  run("CREATE ROLE somebody");
  run("SET work_mem = '1MB'");
  run("SET TimeZone = 'Europe/Berlin'");
  run("CREATE TEMP TABLE scratch (x int)");
  run("SELECT pg_advisory_lock(7)");
  run("PREPARE p AS SELECT 1");
  run("LISTEN news");
  run("DECLARE c CURSOR WITH HOLD FOR SELECT 1");
  run("SET ROLE somebody");
  connection_.reset(patience);
  EXPECT_EQ(run("SELECT current_user")[0].get<std::string>(0), "streamspace");
  EXPECT_EQ(run("SHOW work_mem")[0].get<std::string>(0), "4MB");
  EXPECT_EQ(run("SHOW TimeZone")[0].get<std::string>(0), "UTC");
  EXPECT_EQ(run("SELECT to_regclass('scratch')")[0].get<std::optional<std::string>>(0), std::nullopt);
  EXPECT_TRUE(connect().execute({"SELECT pg_try_advisory_lock(7)", {}}, patience)[0].get<bool>(0));
  EXPECT_EQ(run("SELECT 1 FROM pg_prepared_statements WHERE from_sql").size(), 0u);
  EXPECT_EQ(run("SELECT pg_listening_channels()").size(), 0u);
  EXPECT_EQ(run("SELECT 1 FROM pg_cursors WHERE is_holdable").size(), 0u);
  run("DROP ROLE somebody");
}

}  // namespace
}  // namespace streamspace
