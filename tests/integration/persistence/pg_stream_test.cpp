#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::patience;

/// Statements whose rows come as the server finds them.
class PgStream : public testing::postgres_test {
 protected:
  void begin(const std::string& text, sql_params params = {}) {
    connection_.begin_stream({text, std::move(params)}, patience);
  }
  /// The numbers of the first column of all rows that are still to come.
  std::vector<int> rest() {
    std::vector<int> all;
    for (auto rows = connection_.read_rows(patience); !rows.empty(); rows = connection_.read_rows(patience))
      for (const auto row : rows) all.push_back(row.get<int>(0));
    return all;
  }
  int ask(const std::string& text) { return connection_.execute({text, {}}, patience)[0].get<int>(0); }

  pg_connection connection_{connect()};
};

TEST_F(PgStream, GivesAllRowsInBatches) {
  begin("SELECT n, repeat('x', 100) FROM generate_series(1, $1::int) AS n", {10'000});
  const auto first = connection_.read_rows(patience);
  EXPECT_EQ(first.columns(), (std::vector<std::string>{"n", "repeat"}));
  EXPECT_LT(first.size(), 10'000U);
  EXPECT_EQ(first[0].get<std::string>(1), std::string(100, 'x'));
  const auto others = rest();
  ASSERT_EQ(first.size() + others.size(), 10'000U);
  EXPECT_EQ(others.back(), 10'000);
  EXPECT_EQ(
      std::accumulate(others.begin(), others.end(), 0) +
          [&] {
            int sum = 0;
            for (const auto row : first) sum += row.get<int>(0);
            return sum;
          }(),
      50'005'000);
  EXPECT_TRUE(connection_.read_rows(patience).empty());
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(ask("SELECT 1"), 1);
}

TEST_F(PgStream, TellsNullFromEmptyAndGivesColumnsWithoutRows) {
  begin("SELECT $1::text, '', NULL WHERE $2", {nullptr, true});
  const auto row = connection_.read_rows(patience)[0];
  EXPECT_EQ(row.cell(0), std::nullopt);
  EXPECT_EQ(row.cell(1), "");
  EXPECT_EQ(row.cell(2), std::nullopt);
  EXPECT_TRUE(rest().empty());
  begin("SELECT 1 AS n WHERE false");
  EXPECT_TRUE(connection_.read_rows(patience).empty());
}

TEST_F(PgStream, GivesRowsWithoutTextInBatchesToo) {
  begin("SELECT NULL, NULL, NULL FROM generate_series(1, 100000)");
  std::size_t rows = 0;
  std::size_t largest = 0;
  for (auto batch = connection_.read_rows(patience); !batch.empty(); batch = connection_.read_rows(patience)) {
    rows += batch.size();
    largest = std::max(largest, batch.size());
  }
  EXPECT_EQ(rows, 100'000U);
  EXPECT_LT(largest, 50'000U);
}

TEST_F(PgStream, HandsOnWhatIsThereRatherThanToWait) {
  // The second row waits for a lock that is given up only once the first has come.
  auto other = connect();
  other.execute({"SELECT pg_advisory_lock(7)", {}}, patience);
  begin(
      "SELECT n, repeat('x', 10000), CASE WHEN n > 10 THEN pg_advisory_lock_shared(7) END FROM generate_series(1, 12) "
      "n");
  const auto first = connection_.read_rows(patience);
  EXPECT_GT(first.size(), 0U);
  EXPECT_LT(first.size(), 11U);
  other.execute({"SELECT pg_advisory_unlock(7)", {}}, patience);
  EXPECT_EQ(first.size() + rest().size(), 12U);
}

TEST_F(PgStream, TakesEffectByItself) {
  connection_.execute({"CREATE TABLE t (n int)", {}}, patience);
  begin("INSERT INTO t SELECT generate_series(1, 3) RETURNING n");
  EXPECT_EQ(rest(), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(connect().execute({"SELECT count(*) FROM t", {}}, patience)[0].get<int>(0), 3);
  begin("DELETE FROM t");
  EXPECT_TRUE(rest().empty());
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 0);
}

TEST_F(PgStream, SaysWhatTheServerHasAgainstItEvenAfterManyRows) {
  begin("SELECT nothing");
  EXPECT_EQ(failure_of([&] { rest(); })->fact("sqlstate"), "42703");
  begin("SELECT 1 / (50000 - n), repeat('x', 20) FROM generate_series(1, 100000) n");
  EXPECT_FALSE(connection_.read_rows(patience).empty());
  EXPECT_EQ(failure_of([&] { rest(); })->fact("sqlstate"), "22012");
  EXPECT_EQ(ask("SELECT 1"), 1);
}

TEST_F(PgStream, IsCancelledWhenItIsLeft) {
  const int backend = ask("SELECT pg_backend_pid()");
  begin("SELECT generate_series(1, 1000000000), repeat('x', 1000)");
  connection_.read_rows(patience);
  connection_.give_up_rows();
  EXPECT_EQ(ask("SELECT pg_backend_pid()"), backend) << "the connection is as good as before";
  connection_.give_up_rows();
  EXPECT_EQ(ask("SELECT 2"), 2);
}

TEST_F(PgStream, IsCancelledWhenItMissesItsDeadline) {
  begin("SELECT 1, pg_sleep(3600)");
  const auto late = failure_of([&] { connection_.read_rows(50ms); });
  ASSERT_TRUE(late);
  EXPECT_EQ(late->code(), ec::timeout);
  EXPECT_EQ(ask("SELECT 1"), 1);
}

TEST_F(PgStream, LetsNothingElseRunMeanwhile) {
  begin("SELECT generate_series(1, 100000)");
  EXPECT_EQ(code_of([&] { ask("SELECT 1"); }), ec::conflict);
  EXPECT_EQ(rest().size(), 100'000U);
}

TEST_F(PgStream, IsNoCopyAndHasNoBadText) {
  connection_.execute({"CREATE TABLE t (n int)", {}}, patience);
  for (const auto* copy :
       {"COPY t FROM STDIN", "COPY t TO STDOUT", "COPY (SELECT generate_series(1, 100000)) TO STDOUT"}) {
    begin(copy);
    const auto refused = failure_of([&] { rest(); });
    ASSERT_TRUE(refused) << copy;
    EXPECT_EQ(refused->code(), ec::invalid_argument) << refused->message();
    EXPECT_EQ(ask("SELECT 1"), 1) << copy;
  }
  EXPECT_EQ(code_of([&] { begin("SELECT $1", {"\xff"}); }), ec::invalid_argument);
  EXPECT_EQ(ask("SELECT 1"), 1);
}

TEST_F(PgStream, TellsOfALostConnection) {
  const int backend = ask("SELECT pg_backend_pid()");
  begin("SELECT generate_series(1, 1000000000), repeat('x', 1000)");
  connection_.read_rows(patience);
  connect().execute({"SELECT pg_terminate_backend($1)", {backend}}, patience);
  EXPECT_EQ(code_of([&] { rest(); }), ec::database_unreachable);
  EXPECT_FALSE(connection_.usable());
}

}  // namespace
}  // namespace streamspace
