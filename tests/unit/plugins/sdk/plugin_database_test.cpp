#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Numbers 0 to n-1 in a column "n".
sql_result numbers(int from, int count) {
  sql_table table;
  table.columns = {"n"};
  for (int i = 0; i < count; ++i) table.add(std::to_string(from + i));
  table.rows = table.affected = static_cast<std::size_t>(count);
  return sql_result{std::move(table)};
}

/// Writes down what it is asked, answers with so many numbers.
class fake_executor final : public sql_executor {
 public:
  sql_result execute(const sql_statement& statement, sql_deadline deadline) override {
    note(statement);
    last_deadline = deadline;
    if (refuse_statements > 0 && refuse_statements-- > 0)
      throw database_error{error{ec::database_error, "refused", {{"sqlstate", refusal}}}};
    return numbers(0, available);
  }
  std::unique_ptr<sql_transaction> begin(sql_deadline deadline) override {
    log.emplace_back("BEGIN");
    last_deadline = deadline;
    return std::make_unique<fake_transaction>(*this);
  }
  std::unique_ptr<sql_row_batches> stream(const sql_statement& statement, sql_deadline deadline) override {
    note(statement);
    last_deadline = deadline;
    return std::make_unique<fake_stream>(*this);
  }
  void run_script(const std::string& script, sql_deadline) override { log.push_back("SCRIPT " + script); }

  std::vector<std::string> log;
  sql_deadline last_deadline{};
  int available = 0;
  int fail_at = -1;           ///< Which of a transaction's statements is refused.
  int refuse_commits = 0;     ///< How many.
  int refuse_statements = 0;  ///< How many outside of transactions.
  std::string refusal = "40001";

 private:
  class fake_stream final : public sql_row_batches {
   public:
    explicit fake_stream(fake_executor& owner) : owner_{owner} {}
    ~fake_stream() override { owner_.log.emplace_back("END"); }
    sql_result next() override {
      const int count = std::min(1'000, owner_.available - streamed_);
      owner_.log.push_back(std::to_string(count));
      streamed_ += count;
      return numbers(streamed_ - count, count);
    }

   private:
    fake_executor& owner_;
    int streamed_ = 0;
  };

  class fake_transaction final : public sql_transaction {
   public:
    explicit fake_transaction(fake_executor& owner) : owner_{owner} {}
    ~fake_transaction() override {
      if (!committed_) owner_.log.emplace_back("ROLLBACK");
    }
    sql_result execute(const sql_statement& statement) override {
      if (done_++ == owner_.fail_at) throw database_error{error{ec::database_error, "refused"}};
      owner_.note(statement);
      return sql_result{};
    }
    void run_script(const std::string& script) override { owner_.log.push_back("SCRIPT " + script); }
    void roll_back_to(const std::string& savepoint) override { owner_.log.push_back("ROLLBACK TO " + savepoint); }
    void commit() override {
      if (owner_.refuse_commits > 0 && owner_.refuse_commits-- > 0)
        throw database_error{error{ec::database_error, "refused", {{"sqlstate", owner_.refusal}}}};
      committed_ = true;
      owner_.log.emplace_back("COMMIT");
    }

   private:
    fake_executor& owner_;
    bool committed_ = false;
    int done_ = 0;
  };

  void note(const sql_statement& statement) {
    auto text = statement.text;
    for (const auto& param : statement.params) text += " [" + param.text().value_or("NULL") + "]";
    log.push_back(std::move(text));
  }
};

class kept_tasks final : public turn_port {
 public:
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  void run() {
    for (const auto& task : std::exchange(tasks, {})) task();
  }
  std::vector<std::function<void()>> tasks;
};

class PluginDatabase : public ::testing::Test {
 protected:
  std::shared_ptr<fake_executor> executor = std::make_shared<fake_executor>();
  std::shared_ptr<kept_tasks> turns = std::make_shared<kept_tasks>();
  plugin_database database{"my-greeter", executor, sql_deadline{1'234}, std::make_shared<awaited_reports>(turns)};
};

TEST_F(PluginDatabase, PassesParametersApartFromTheText) {
  executor->available = 2;
  EXPECT_EQ(database.exec("UPDATE t SET a = $1, b = $2, c = $3", "'; DROP TABLE t", 5, std::nullopt), 2U);
  EXPECT_THAT(executor->log, ElementsAre("UPDATE t SET a = $1, b = $2, c = $3 ['; DROP TABLE t] [5] [NULL]"));
  EXPECT_EQ(executor->last_deadline, sql_deadline{1'234});
}

TEST_F(PluginDatabase, StreamsRowsInBatches) {
  executor->available = 2'500;
  int expected = 0;
  for (const auto& row : database.query("SELECT n FROM t WHERE a > $1", 7)) ASSERT_EQ(row.get<int>("n"), expected++);
  EXPECT_EQ(expected, 2'500);
  EXPECT_EQ(executor->last_deadline, sql_deadline{1'234});
  EXPECT_THAT(executor->log, ElementsAre("SELECT n FROM t WHERE a > $1 [7]", "1000", "1000", "500", "0", "END"));
}

TEST_F(PluginDatabase, LetsTheConnectionGoWhenALoopEndsEarly) {
  executor->available = 2'500;
  for (const auto& row : database.query("SELECT n FROM t"))
    if (row.get<int>("n") == 10) break;
  EXPECT_THAT(executor->log, ElementsAre("SELECT n FROM t", "1000", "END"));
}

TEST_F(PluginDatabase, StreamsTuples) {
  executor->available = 2'500;
  int expected = 0;
  for (const auto& [n] : database.query("SELECT n FROM t").as<int>()) ASSERT_EQ(n, expected++);
  EXPECT_EQ(expected, 2'500);
  EXPECT_EQ(executor->log.back(), "END");
}

TEST_F(PluginDatabase, StreamsNoRows) {
  for (const auto& row : database.query("SELECT n FROM t")) FAIL() << row.get<int>("n");
  EXPECT_THAT(executor->log, ElementsAre("SELECT n FROM t", "0", "END"));
}

TEST_F(PluginDatabase, GivesTheFirstRowOrNothing) {
  EXPECT_FALSE(database.query_row("SELECT n FROM t"));
  executor->available = 2;
  EXPECT_EQ(database.query_row("SELECT n FROM t")->get<int>("n"), 0);
  EXPECT_EQ(database.query_all("SELECT n FROM t").size(), 2U);
}

TEST_F(PluginDatabase, HandsOverInATurnWhatNobodyWaitsFor) {
  executor->available = 2;
  std::vector<std::string> called;
  database.query_then({"SELECT n FROM t WHERE a = $1", {7}},
                      [&](result<sql_result> rows) { called.push_back(std::to_string(rows->size()) + " rows"); });
  database.exec_then({"UPDATE t SET a = 1", {}},
                     [&](result<std::size_t> affected) { called.push_back(std::to_string(*affected) + " affected"); });
  EXPECT_THAT(executor->log, ElementsAre("SELECT n FROM t WHERE a = $1 [7]", "UPDATE t SET a = 1"));
  EXPECT_EQ(executor->last_deadline, sql_deadline{1'234});
  EXPECT_THAT(called, IsEmpty());
  turns->run();
  EXPECT_THAT(called, ElementsAre("2 rows", "2 affected"));
}

TEST_F(PluginDatabase, HandsOverTheErrorOfWhatNobodyWaitsFor) {
  executor->refuse_statements = 2;
  std::vector<std::optional<error>> errors;
  database.query_then({"SELECT 1", {}}, [&](const result<sql_result>& rows) { errors.emplace_back(rows.error()); });
  database.exec_then({"SELECT 1", {}}, [&](const result<std::size_t>& rows) { errors.emplace_back(rows.error()); });
  turns->run();
  ASSERT_EQ(errors.size(), 2U);
  for (const auto& e : errors) EXPECT_EQ(e->fact("sqlstate"), "40001");
}

TEST_F(PluginDatabase, NeedsAFunctionForWhatNobodyWaitsFor) {
  EXPECT_EQ(code_of([&] { database.query_then({"SELECT 1", {}}, nullptr); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { database.exec_then({"SELECT 1", {}}, nullptr); }), ec::invalid_argument);
  EXPECT_THAT(executor->log, IsEmpty());
}

TEST_F(PluginDatabase, LetsACoroutineWait) {
  executor->available = 3;
  std::vector<std::size_t> seen;
  plugin_task::go_on([](plugin_database& db, std::vector<std::size_t>& numbers) -> plugin_task {
    for (const auto row : co_await db.co_query("SELECT n FROM t WHERE a = $1", "x"))
      numbers.push_back(row.get<std::size_t>("n"));
    numbers.push_back(co_await db.co_exec("DELETE FROM t"));
  }(database, seen));
  EXPECT_THAT(seen, IsEmpty());
  turns->run();
  turns->run();
  EXPECT_THAT(seen, ElementsAre(0U, 1U, 2U, 3U));
  EXPECT_THAT(executor->log, ElementsAre("SELECT n FROM t WHERE a = $1 [x]", "DELETE FROM t"));
}

TEST_F(PluginDatabase, CommitsWhenTheBodyReturns) {
  const auto answer = database.transaction([](transaction& tx) {
    tx.exec("INSERT INTO t VALUES ($1)", 1);
    EXPECT_FALSE(tx.query_row("SELECT 1"));
    EXPECT_TRUE(tx.query("SELECT 2").empty());
    return 42;
  });
  EXPECT_EQ(answer, 42);
  EXPECT_THAT(executor->log, ElementsAre("BEGIN", "INSERT INTO t VALUES ($1) [1]", "SELECT 1", "SELECT 2", "COMMIT"));
  database.transaction([](transaction&) {});
  EXPECT_EQ(executor->log.back(), "COMMIT");
}

TEST_F(PluginDatabase, RollsBackWhenTheBodyThrows) {
  EXPECT_THROW(database.transaction([](transaction& tx) {
    tx.exec("INSERT INTO t VALUES (1)");
    throw 42;
  }),
               int);
  EXPECT_THAT(executor->log, ElementsAre("BEGIN", "INSERT INTO t VALUES (1)", "ROLLBACK"));
}

TEST_F(PluginDatabase, RollsBackWhenAStatementIsRefused) {
  executor->fail_at = 1;
  EXPECT_THROW(database.transaction([](transaction& tx) {
    tx.exec("first");
    tx.exec("second");
  }),
               database_error);
  EXPECT_THAT(executor->log, ElementsAre("BEGIN", "first", "ROLLBACK"));
}

TEST_F(PluginDatabase, NamesItsTablesAfterThePlugin) {
  EXPECT_EQ(database.table("metrics"), R"("plugin_my_greeter_metrics")");
  database.create_table("metrics", "id bigint");
  EXPECT_THAT(executor->log, ElementsAre(R"(CREATE TABLE IF NOT EXISTS "plugin_my_greeter_metrics" (id bigint))"));
  for (const auto* bad : {"", "Metrics", "1st", "a-b", "a\"b", "a b"})
    EXPECT_EQ(failure_of([&] { database.table(bad); })->code(), ec::invalid_argument) << bad;
  EXPECT_THAT(failure_of([&] { database.table(std::string(60, 'a')); })->message(), HasSubstr("63"));
}

TEST_F(PluginDatabase, RunsScriptsAsTheyAre) {
  database.migrate("CREATE TABLE a (); CREATE TABLE b ()");
  EXPECT_THAT(executor->log, ElementsAre("SCRIPT CREATE TABLE a (); CREATE TABLE b ()"));
}

TEST_F(PluginDatabase, AsksForTheIsolationThatIsWanted) {
  database.transaction({.level = isolation::serializable, .read_only = true}, [](transaction&) {});
  EXPECT_THAT(executor->log, ElementsAre("BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY", "COMMIT"));
}

TEST_F(PluginDatabase, TriesATransactionAgainThatWasInAnothersWay) {
  executor->refuse_commits = 2;
  int calls = 0;
  EXPECT_EQ(database.transaction({.retries = 2}, [&](transaction&) { return ++calls; }), 3);
  executor->refuse_commits = 2;
  executor->refusal = "40P01";
  EXPECT_THROW(database.transaction({.retries = 1}, [&](transaction&) { ++calls; }), database_error);
  EXPECT_EQ(calls, 5);
  executor->refuse_commits = 1;
  executor->refusal = "23505";
  EXPECT_THROW(database.transaction({.retries = 9}, [&](transaction&) { ++calls; }), database_error);
  EXPECT_EQ(calls, 6) << "another try would fail as well";
}

TEST_F(PluginDatabase, NestsSavepoints) {
  database.transaction([](transaction& tx) {
    tx.savepoint([&] { tx.savepoint([&] { tx.script("A; B"); }); });
    EXPECT_THROW(tx.savepoint([] { throw 1; }), int);
  });
  EXPECT_THAT(executor->log, ElementsAre("BEGIN", "SAVEPOINT streamspace_1", "SAVEPOINT streamspace_2", "SCRIPT A; B",
                                         "RELEASE SAVEPOINT streamspace_2", "RELEASE SAVEPOINT streamspace_1",
                                         "SAVEPOINT streamspace_1", "ROLLBACK TO streamspace_1",
                                         "RELEASE SAVEPOINT streamspace_1", "COMMIT"));
}

}  // namespace
}  // namespace streamspace::testing
