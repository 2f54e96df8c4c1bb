// A plugin's transactions beyond commit and rollback, and its migrations, on a real PostgreSQL.
#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "obedient_plugin_test.hpp"

namespace streamspace {
namespace {

using testing::code_of;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::sqlstate_of;

class PluginTransactions : public testing::obedient_plugin_test {
 protected:
  static int sum(plugin_database& db) { return db.query_row("SELECT coalesce(sum(n), 0) FROM t")->get<int>(0); }
};

TEST_F(PluginTransactions, ASavepointTakesBackItsOwnPartOnly) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int CHECK (n < 100))");
    db.transaction([](transaction& tx) {
      tx.exec("INSERT INTO t VALUES (1)");
      EXPECT_EQ(sqlstate_of([&] {
                  tx.savepoint([&] {
                    tx.exec("INSERT INTO t VALUES (2)");
                    tx.exec("INSERT INTO t VALUES (100)");
                  });
                }),
                "23514");
      EXPECT_THROW(tx.savepoint([&] {
        tx.exec("INSERT INTO t VALUES (4)");
        throw 42;
      }),
                   int);
      EXPECT_EQ(tx.savepoint([&] { return tx.exec("INSERT INTO t VALUES (8)"); }), 1U);
      tx.savepoint([&] {
        tx.exec("INSERT INTO t VALUES (16)");
        EXPECT_EQ(sqlstate_of([&] { tx.savepoint([&] { tx.exec("SELECT 1 / 0"); }); }), "22012");
        tx.exec("INSERT INTO t VALUES (32)");
      });
    });
    EXPECT_EQ(sum(db), 1 + 8 + 16 + 32);
  });
}

TEST_F(PluginTransactions, ASavepointDoesNotHideThatTheConnectionIsLost) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [this](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    EXPECT_EQ(code_of([&] {
                db.transaction([&](transaction& tx) {
                  tx.exec("INSERT INTO t VALUES (1)");
                  try {
                    tx.savepoint([&] {
                      query(
                          "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                          "WHERE datname = current_database() AND state = 'idle in transaction'");
                      tx.exec("INSERT INTO t VALUES (2)");
                    });
                  } catch (const error&) {
                  }
                  tx.exec("INSERT INTO t VALUES (4)");
                });
              }),
              ec::database_unreachable);
    EXPECT_EQ(sum(db), 0);
  });
}

TEST_F(PluginTransactions, SerializableOnesThatCollideAreTriedAgain) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    constexpr int writers = 4;
    constexpr int each = 5;
    std::atomic<int> attempts{0};
    std::vector<std::future<void>> all;
    for (int w = 0; w < writers; ++w)
      all.push_back(std::async(std::launch::async, [&] {
        for (int i = 0; i < each; ++i)
          db.transaction({.level = isolation::serializable, .retries = 1'000}, [&](transaction& tx) {
            ++attempts;
            const auto rows = tx.query_row("SELECT count(*) FROM t")->get<int>(0);
            tx.exec("INSERT INTO t VALUES ($1)", rows);
          });
      }));
    for (auto& one : all) one.get();
    EXPECT_EQ(sum(db), (writers * each) * (writers * each - 1) / 2) << "as if one had come after the other";
    EXPECT_GE(attempts, writers * each);
  });
}

TEST_F(PluginTransactions, AReadOnlyOneWritesNothing) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [](plugin_context& ctx) {
    auto& db = ctx.database();
    db.exec("CREATE TABLE t (n int)");
    EXPECT_EQ(sqlstate_of([&] {
                db.transaction({.read_only = true}, [](transaction& tx) { tx.exec("INSERT INTO t VALUES (1)"); });
              }),
              "25006");
    EXPECT_EQ(
        db.transaction({.level = isolation::repeatable_read, .read_only = true},
                       [](transaction& tx) { return tx.query_row("SHOW transaction_isolation")->get<std::string>(0); }),
        "repeatable read");
  });
}

class PluginMigrations : public testing::obedient_plugin_test {
 protected:
  const std::vector<plugin_migration> first_two{
      {1, "table", "CREATE TABLE t (n int); INSERT INTO t VALUES (1);", "DROP TABLE t"},
      {2, "column", "ALTER TABLE t ADD COLUMN s text", "ALTER TABLE t DROP COLUMN s"}};
};

TEST_F(PluginMigrations, AreAppliedOnceAndInOrder) {
  const auto rt = started_on_database({obedient("p"), obedient("q")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    EXPECT_THAT(db.migrate(first_two), ElementsAre(1, 2));
    EXPECT_THAT(db.migrate(first_two), IsEmpty());
    auto more = first_two;
    more.push_back({7, "rows", "INSERT INTO t VALUES (2, 'x')", ""});
    EXPECT_THAT(db.migrate(more), ElementsAre(7));
    EXPECT_EQ(db.query_row("SELECT count(*) FROM t")->get<int>(0), 2);
  });
  rt->reload("p");
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    EXPECT_EQ(code_of([&] { ctx.database().migrate(first_two); }), ec::conflict) << "the database is newer";
  });
  in_turn(*rt, "q", [&](plugin_context& ctx) {
    EXPECT_THAT(ctx.database().migrate(first_two), ElementsAre(1, 2)) << "each plugin has its own";
  });
}

TEST_F(PluginMigrations, ThatFailLeaveTheStepsBeforeAndNothingOfTheirOwn) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    auto steps = first_two;
    steps[1].up = "INSERT INTO t VALUES (2); INSERT INTO nowhere VALUES (1)";
    const auto failure = failure_of([&] { db.migrate(steps); });
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->fact("sqlstate"), "42P01");
    EXPECT_THAT(failure->message(), HasSubstr("2 (column)"));
    EXPECT_EQ(db.query_row("SELECT count(*) FROM t")->get<int>(0), 1);
    EXPECT_THAT(db.migrate(first_two), ElementsAre(2));
  });
}

TEST_F(PluginMigrations, ThatWereReleasedMayNotChange) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    db.migrate(first_two);
    auto changed = first_two;
    changed[0].up += " -- a word more";
    EXPECT_EQ(code_of([&] { db.migrate(changed); }), ec::conflict);
    auto between = first_two;
    between[1].version = 3;
    between.insert(between.begin() + 1, {2, "between", "SELECT 1", ""});
    EXPECT_EQ(code_of([&] { db.migrate(between); }), ec::conflict);
    EXPECT_EQ(code_of([&] { db.migrate({{0, "zero", "SELECT 1", ""}}); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { db.migrate({{2, "b", "SELECT 1", ""}, {1, "a", "SELECT 1", ""}}); }), ec::invalid_argument);
    EXPECT_EQ(code_of([&] { db.migrate({{1, "empty", "", ""}}); }), ec::invalid_argument);
    EXPECT_THAT(db.migrate(first_two), IsEmpty());
  });
}

TEST_F(PluginMigrations, AreTakenBackAsTheyWereApplied) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    auto steps = first_two;
    steps.push_back({3, "forever", "INSERT INTO t VALUES (2, 'x')", ""});
    db.migrate(steps);
    EXPECT_EQ(code_of([&] { db.roll_back(1); }), ec::conflict) << "the last says nothing of how";
    db.exec("DELETE FROM \"plugin_p__migrations\" WHERE version = 3");
    EXPECT_THAT(db.roll_back(1), ElementsAre(2));
    EXPECT_EQ(sqlstate_of([&] { db.exec("SELECT s FROM t"); }), "42703");
    EXPECT_THAT(db.roll_back(0), ElementsAre(1));
    EXPECT_EQ(sqlstate_of([&] { db.exec("SELECT * FROM t"); }), "42P01");
    EXPECT_THAT(db.roll_back(0), IsEmpty());
    EXPECT_THAT(db.migrate(first_two), ElementsAre(1, 2));
  });
}

TEST_F(PluginMigrations, AreAppliedOnceByManyAtTheSameTime) {
  const auto rt = started_on_database({obedient("p")});
  in_turn(*rt, "p", [&](plugin_context& ctx) {
    std::vector<std::future<std::vector<int>>> hosts;
    for (int i = 0; i < 4; ++i)
      hosts.push_back(std::async(std::launch::async, [&] { return ctx.database().migrate(first_two); }));
    std::size_t applied = 0;
    for (auto& host : hosts) applied += host.get().size();
    EXPECT_EQ(applied, 2U);
  });
}

}  // namespace
}  // namespace streamspace
