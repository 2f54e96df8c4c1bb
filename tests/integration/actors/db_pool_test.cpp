// The pool and its connections against a real PostgreSQL, through the executor that plugins and storage use.
#include <future>
#include <thread>

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/db_executor.hpp>
#include <streamspace/actors/db_pool.hpp>
#include <streamspace/persistence/database_url.hpp>
#include <streamspace/persistence/plugin_roles.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::failure_of;
using testing::patience;
using ::testing::StartsWith;

class DbPool : public testing::postgres_test {
 protected:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::streamspace>();
      set("scheduler.max-threads", 2);
    }
  };

  void TearDown() override {
    if (pool_) caf::anon_send_exit(pool_, caf::exit_reason::user_shutdown);
  }

  sql_executor& open(db_pool_options options = {}) {
    options.url = url();
    pool_ = system_.spawn(db_pool, options);
    executor_ = make_db_executor(system_, pool_);
    executor_->execute({"CREATE TABLE IF NOT EXISTS t (n int PRIMARY KEY)", {}}, patience);
    return *executor_;
  }
  sql_executor& open_one() { return open({.max_connections = 1}); }
  /// SQL as a plugin has it, on the same pool.
  std::shared_ptr<sql_executor> as_plugin(const std::string& plugin) {
    const plugin_roles roles{{.url = url(), .key = secret_key::random()}};
    const auto login = std::make_shared<const db_login>(db_login{plugin, roles.ensure(plugin, {})});
    return make_db_executor(system_, pool_, [login] { return login; });
  }

  /// As another client sees it.
  int rows() { return connect().execute({"SELECT count(*) FROM t", {}}, patience)[0].get<int>(0); }
  int connections() {
    return connect()
        .execute(
            {"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
             {}},
            patience)[0]
        .get<int>(0);
  }
  void terminate_all() {
    connect().execute({"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                       "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                       {}},
                      patience);
  }
  bool await_statement(const std::string& text) {
    auto other = connect();
    return eventually([&] {
      return other
                 .execute({"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND "
                           "pid <> pg_backend_pid()",
                           {text + "%"}},
                          patience)[0]
                 .get<int>(0) > 0;
    });
  }
  static int backend(sql_executor& on) { return on.execute({"SELECT pg_backend_pid()", {}}, patience)[0].get<int>(0); }

  config config_;
  caf::actor_system system_{config_};
  db_pool_actor pool_;
  std::shared_ptr<sql_executor> executor_;
};

TEST_F(DbPool, RunsStatementsAndCommitsEachByItself) {
  auto& sql = open();
  EXPECT_EQ(sql.execute({"INSERT INTO t VALUES ($1), ($2)", {1, 2}}, patience).affected(), 2U);
  EXPECT_EQ(rows(), 2);
  sql.run_script("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4);", patience);
  EXPECT_EQ(rows(), 4);
}

TEST_F(DbPool, LeavesTheNextBorrowerWhatIsPreparedAndNothingThatTheLastOnePrepared) {
  auto& sql = open_one();
  for (int i = 0; i < 3; ++i) {
    const auto tx = sql.begin(patience);
    tx->execute({"SELECT 41", {}});
    tx->execute({"PREPARE mine AS SELECT 42", {}});
    tx->commit();
  }
  const auto present =
      sql.execute({"SELECT count(*) FILTER (WHERE statement = 'SELECT 41'), count(*) FILTER (WHERE from_sql) "
                   "FROM pg_prepared_statements",
                   {}},
                  patience);
  EXPECT_EQ(present[0].get<int>(0), 1);
  EXPECT_EQ(present[0].get<int>(1), 0);
}

TEST_F(DbPool, RunsAScriptWholeOrNotAtAll) {
  auto& sql = open();
  const auto refused =
      failure_of([&] { sql.run_script("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1);", patience); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::database_error);
  EXPECT_EQ(refused->fact("sqlstate"), "23505");
  EXPECT_EQ(rows(), 0);
}

TEST_F(DbPool, GivesTheServersRefusalAsADatabaseError) {
  auto& sql = open();
  try {
    sql.execute({"SELECT * FROM nowhere", {}}, patience);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const database_error& e) {
    EXPECT_EQ(e.sqlstate(), "42P01");
  }
  EXPECT_EQ(failure_of([&] {
              sql.execute({"SELECT $1", {"raw \xff"}}, patience);
            })
                .value()
                .code(),
            ec::invalid_argument);
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
}

TEST_F(DbPool, OpensNoMoreConnectionsThanItMay) {
  auto& sql = open({.max_connections = 3});
  std::vector<std::jthread> threads;
  std::atomic<int> done{0};
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) done += sql.execute({"SELECT pg_sleep(0.001)", {}}, patience).size() == 1 ? 1 : 0;
    });
  threads.clear();
  EXPECT_EQ(done, 120);
  EXPECT_LE(connections(), 3);
}

TEST_F(DbPool, CommitsATransactionOrRollsItBackWhenItIsDropped) {
  auto& sql = open();
  {
    const auto tx = sql.begin(patience);
    tx->execute({"INSERT INTO t VALUES (1)", {}});
    EXPECT_EQ(rows(), 0) << "nobody sees it before the commit";
    tx->commit();
  }
  EXPECT_EQ(rows(), 1);
  sql.begin(patience)->execute({"INSERT INTO t VALUES (2)", {}});
  EXPECT_EQ(sql.execute({"SELECT count(*) FROM t", {}}, patience)[0].get<int>(0), 1);
}

TEST_F(DbPool, GetsItsOnlyConnectionBackFromEveryTransactionThatFails) {
  auto& sql = open_one();
  for (int i = 0; i < 100; ++i) {
    const auto tx = sql.begin(patience);
    tx->execute({"INSERT INTO t VALUES (1)", {}});
    const auto refused = failure_of([&] { tx->execute({"INSERT INTO t VALUES (1)", {}}); });
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ec::database_error);
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
}

TEST_F(DbPool, LetsNothingRunInATransactionAfterItsFirstFailure) {
  auto& sql = open_one();
  const auto tx = sql.begin(patience);
  tx->execute({"INSERT INTO t VALUES (1)", {}});
  EXPECT_TRUE(failure_of([&] { tx->execute({"SELECT * FROM nowhere", {}}); }));
  EXPECT_TRUE(failure_of([&] { tx->execute({"INSERT INTO t VALUES (2)", {}}); }));
  EXPECT_TRUE(failure_of([&] { tx->commit(); }));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DbPool, LetsNothingRunInATransactionAfterItsCommit) {
  auto& sql = open_one();
  const auto tx = sql.begin(patience);
  tx->execute({"INSERT INTO t VALUES (1)", {}});
  tx->commit();
  EXPECT_TRUE(failure_of([&] { tx->execute({"INSERT INTO t VALUES (2)", {}}); }));
  EXPECT_EQ(rows(), 1);
}

TEST_F(DbPool, LeavesNoTransactionOpenForTheNextBorrower) {
  auto& sql = open_one();
  EXPECT_EQ(failure_of([&] { sql.execute({"BEGIN", {}}, patience); }).value().code(), ec::invalid_argument);
  EXPECT_EQ(failure_of([&] { sql.run_script("BEGIN; INSERT INTO t VALUES (1)", patience); }).value().code(),
            ec::invalid_argument);
  sql.execute({"INSERT INTO t VALUES (2)", {}}, patience);
  EXPECT_EQ(rows(), 1) << "the statement was committed by itself";
}

TEST_F(DbPool, LetsNoStatementEndTheTransactionItIsIn) {
  auto& sql = open_one();
  const auto tx = sql.begin(patience);
  tx->execute({"INSERT INTO t VALUES (1)", {}});
  EXPECT_EQ(failure_of([&] { tx->execute({"ROLLBACK", {}}); }).value().code(), ec::invalid_argument);
  EXPECT_TRUE(failure_of([&] { tx->execute({"INSERT INTO t VALUES (2)", {}}); })) << "it would be committed at once";
  EXPECT_EQ(rows(), 0);
}

TEST_F(DbPool, GivesTheNextBorrowerACleanSession) {
  auto& sql = open_one();
  {
    const auto tx = sql.begin(patience);
    tx->execute({"SET search_path TO nowhere", {}});
    tx->execute({"CREATE TEMP TABLE mine (n int)", {}});
    tx->execute({"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", {}});
    tx->commit();
  }
  EXPECT_EQ(sql.execute({"INSERT INTO t VALUES (1)", {}}, patience).affected(), 1U);
  EXPECT_TRUE(failure_of([&] { sql.execute({"SELECT * FROM mine", {}}, patience); }));
}

// The original had no deadline on any database call.
TEST_F(DbPool, EndsAStatementAtItsDeadlineAndKeepsTheConnection) {
  auto& sql = open_one();
  const auto before = backend(sql);
  const auto late = failure_of([&] { sql.execute({"SELECT pg_sleep(60)", {}}, 50ms); });
  ASSERT_TRUE(late);
  EXPECT_EQ(late->code(), ec::timeout);
  EXPECT_EQ(failure_of([&] { sql.run_script("SELECT pg_sleep(60)", 50ms); }).value().code(), ec::timeout);
  {
    const auto tx = sql.begin(50ms);
    EXPECT_EQ(failure_of([&] { tx->execute({"SELECT pg_sleep(60)", {}}); }).value().code(), ec::timeout);
  }
  EXPECT_EQ(backend(sql), before) << "the server ended the statement; the connection is sound";
}

TEST_F(DbPool, EndsTheWaitForAConnectionToo) {
  auto& sql = open_one();
  const auto held = sql.begin(patience);
  EXPECT_EQ(failure_of([&] { sql.execute({"SELECT 1", {}}, 50ms); }).value().code(), ec::timeout);
  EXPECT_EQ(failure_of([&] { sql.begin(50ms); }).value().code(), ec::timeout);
}

TEST_F(DbPool, AnswersWhoeverWaitsAtTheirDeadlineAndHasRoomForOthersThen) {
  auto& sql = open({.max_connections = 1, .max_waiting = 3});
  auto held = sql.begin(patience);
  caf::scoped_actor self{system_};
  const auto ask_for = [&](sql_deadline deadline) {
    return self->request(pool_, 2 * patience, atom::exec_v, sql_statement{"SELECT 1", {}}, deadline);
  };
  const auto failure = [](auto handle) {
    std::optional<error> answer;
    handle.receive([](const sql_result&) {}, [&](const caf::error& e) { answer = from_caf(e); });
    return answer.value_or(error{ec::internal, "it ran"});
  };
  std::vector waiting{ask_for(patience)};
  auto late = ask_for(50ms);
  auto later = ask_for(100ms);
  for (auto* handle : {&late, &later}) {
    const auto answer = failure(std::move(*handle));
    EXPECT_EQ(answer.code(), ec::timeout);
    EXPECT_THAT(answer.message(), ::testing::HasSubstr("no database connection became free")) << "the pool said it";
  }
  for (int i = 0; i < 2; ++i) waiting.push_back(ask_for(patience));
  EXPECT_EQ(failure(ask_for(patience)).code(), ec::unavailable);
  held.reset();
  for (auto& handle : waiting) EXPECT_EQ(failure(std::move(handle)).message(), "it ran");
}

TEST_F(DbPool, GivesAConnectionToNobodyWhoHasGoneMeanwhile) {
  auto& sql = open_one();
  auto held = sql.begin(patience);
  EXPECT_EQ(failure_of([&] { sql.begin(1ms); }).value().code(), ec::timeout);
  held.reset();
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U) << "the lease that nobody waits for is taken back";
}

TEST_F(DbPool, ReportsALostConnectionAndRecovers) {
  auto& sql = open_one();
  auto broken = std::async(std::launch::async, [&] {
    return failure_of([&] { sql.execute({"SELECT pg_sleep(60) /* lost */", {}}, patience); });
  });
  ASSERT_TRUE(await_statement("SELECT pg_sleep(60) /* lost */"));
  terminate_all();
  const auto lost = broken.get();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->code(), ec::database_unreachable);
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
}

TEST_F(DbPool, RecoversWhenAllItsIdleConnectionsWereLost) {
  auto& sql = open();
  {
    const auto one = sql.begin(patience);
    const auto two = sql.begin(patience);
  }
  ASSERT_TRUE(eventually([&] { return connections() >= 2; }));
  terminate_all();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
  EXPECT_NO_THROW(sql.begin(patience)->commit());
}

TEST_F(DbPool, NeverGoesOnOutsideOfATransactionWhoseConnectionWasLost) {
  auto& sql = open_one();
  {
    const auto tx = sql.begin(patience);
    tx->execute({"INSERT INTO t VALUES (1)", {}});
    terminate_all();
    EXPECT_EQ(failure_of([&] {
                tx->execute({"INSERT INTO t VALUES (2)", {}});
              })
                  .value()
                  .code(),
              ec::database_unreachable);
    EXPECT_TRUE(failure_of([&] { tx->execute({"INSERT INTO t VALUES (3)", {}}); }));
    EXPECT_TRUE(failure_of([&] { tx->commit(); }));
  }
  EXPECT_EQ(sql.execute({"INSERT INTO t VALUES (4)", {}}, patience).affected(), 1U);
  EXPECT_EQ(rows(), 1);
}

TEST_F(DbPool, ALeasedConnectionNeverGoesOnOutsideOfItsTransactionEither) {
  open_one();
  caf::scoped_actor borrower{system_};
  db_connection_actor lent;
  const auto fail = [](const caf::error& e) { ADD_FAILURE() << from_caf(e).message(); };
  borrower->request(pool_, patience, atom::lease_v, db_login_ptr{}, sql_deadline{patience})
      .receive([&](db_connection_actor& connection) { lent = connection; }, fail);
  borrower->request(lent, patience, atom::begin_v, sql_deadline{patience}).receive([] {}, fail);
  terminate_all();
  // The borrower does not look at its first failure.
  for (int i = 0; i < 2; ++i) {
    std::optional<ec> code;
    borrower
        ->request(lent, patience, atom::exec_v, sql_statement{"INSERT INTO t VALUES (1)", {}}, sql_deadline{patience})
        .receive([](const sql_result&) {}, [&](const caf::error& e) { code = from_caf(e).code(); });
    EXPECT_EQ(code, ec::database_unreachable);
  }
  EXPECT_EQ(rows(), 0);
}

TEST_F(DbPool, RunsEachOnesStatementsWithItsOwnRights) {
  auto& platform = open_one();
  const auto a = as_plugin("a");
  const auto b = as_plugin("b");
  const auto user = [](sql_executor& on) {
    return on.execute({"SELECT current_user", {}}, patience)[0].get<std::string>(0);
  };
  const auto of_platform = user(platform);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(user(*a), StartsWith("plugin_a@"));
    EXPECT_THAT(user(*b), StartsWith("plugin_b@"));
    EXPECT_EQ(user(platform), of_platform);
    auto tx = a->begin(patience);
    EXPECT_THAT(tx->execute({"SELECT current_user", {}})[0].get<std::string>(0), StartsWith("plugin_a@"));
    tx->commit();
    tx.reset();
    a->run_script("SET search_path = public; SELECT 1", patience);
  }
  EXPECT_EQ(backend(platform), backend(platform)) << "nobody else came between";
}

TEST_F(DbPool, LetsOnePluginNotTakeAllConnections) {
  auto& platform = open({.max_connections = 3, .max_of_a_plugin = 1});
  const auto a = as_plugin("a");
  const auto b = as_plugin("b");
  auto held = a->begin(patience);
  EXPECT_EQ(failure_of([&] { a->execute({"SELECT 1", {}}, 20ms); }).value().code(), ec::timeout);
  auto waits = std::async(std::launch::async, [&] { return a->execute({"SELECT 1", {}}, patience).size(); });
  EXPECT_EQ(b->execute({"SELECT 1", {}}, patience).size(), 1U);
  EXPECT_EQ(platform.execute({"SELECT 1", {}}, patience).size(), 1U);
  held.reset();
  EXPECT_EQ(waits.get(), 1U);
}

TEST_F(DbPool, ServesThoseBehindAPluginThatIsAtItsBound) {
  open({.max_connections = 2, .max_of_a_plugin = 1});
  const auto a = as_plugin("a");
  const auto b = as_plugin("b");
  auto of_a = a->begin(patience);
  auto of_b = b->begin(patience);
  auto waits_a = std::async(std::launch::async, [&] { return a->execute({"SELECT 1 /* a */", {}}, patience).size(); });
  auto waits = std::async(std::launch::async, [&] { return executor_->execute({"SELECT 1", {}}, patience).size(); });
  of_b.reset();
  EXPECT_EQ(waits.get(), 1U) << "though the other may have come before it";
  of_a.reset();
  EXPECT_EQ(waits_a.get(), 1U);
}

TEST_F(DbPool, ClosesConnectionsThatNobodyUses) {
  auto& sql = open({.idle_timeout = 20ms});
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
  EXPECT_TRUE(eventually([&] { return connections() == 0; }));
  EXPECT_EQ(sql.execute({"SELECT 1", {}}, patience).size(), 1U);
}

TEST_F(DbPool, TellsOfATransactionThatIsHeldForLongAndWhose) {
  std::promise<log_record> told;
  std::atomic<int> lines{0};
  open({.report_held_after = 10ms, .log = [&](const log_record& line) {
          if (lines++ == 0) told.set_value(line);
        }});
  const auto a = as_plugin("a");
  auto held = a->begin(patience);
  auto line = told.get_future();
  ASSERT_EQ(line.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(line.get().data.at("plugin"), "a");
  EXPECT_EQ(held->execute({"SELECT 1", {}}).size(), 1U) << "it goes on";
  held.reset();
  EXPECT_EQ(a->execute({"SELECT 1", {}}, patience).size(), 1U);
  EXPECT_EQ(lines, 1);
}

TEST_F(DbPool, AnswersAtOnceWhileALoginIsRefusedAndTriesAgain) {
  open_one();
  const auto login = std::make_shared<const db_login>(
      db_login{"nobody", database_url::parse(url()).with("user", "nobody_at_all").text()});
  const auto nobody = make_db_executor(system_, pool_, [login] { return login; });
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(failure_of([&] {
                nobody->execute({"SELECT 1", {}}, patience);
              })
                  .value()
                  .code(),
              ec::database_unreachable);
  EXPECT_EQ(executor_->execute({"SELECT 1", {}}, patience).size(), 1U) << "others are not held up";
}

TEST_F(DbPool, ItsEndCutsOffStatementsThatRun) {
  auto& sql = open_one();
  auto broken = std::async(std::launch::async, [&] {
    return failure_of([&] { sql.execute({"SELECT pg_sleep(600) /* cut */", {}}, 600s); });
  });
  ASSERT_TRUE(await_statement("SELECT pg_sleep(600) /* cut */"));
  caf::anon_send_exit(pool_, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(broken.get());
  // The destruction of the actor system waits for the connection's actor, which the statement does not hold up.
}

TEST_F(DbPool, ItsEndCutsOffTransactionsThatRun) {
  auto& sql = open_one();
  auto broken = std::async(std::launch::async, [&] {
    const auto tx = sql.begin(600s);
    tx->execute({"INSERT INTO t VALUES (1)", {}});
    const auto cut = failure_of([&] { tx->execute({"SELECT pg_sleep(600) /* cut */", {}}); });
    return std::pair{cut.has_value(), failure_of([&] { tx->commit(); }).has_value()};
  });
  ASSERT_TRUE(await_statement("SELECT pg_sleep(600) /* cut */"));
  caf::anon_send_exit(pool_, caf::exit_reason::user_shutdown);
  EXPECT_EQ(broken.get(), (std::pair{true, true}));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DbPool, ItsEndRefusesThoseWhoWait) {
  auto& sql = open_one();
  const auto held = sql.begin(patience);
  caf::scoped_actor self{system_};
  auto waits = self->request(pool_, 2 * patience, atom::exec_v, sql_statement{"SELECT 1", {}}, sql_deadline{patience});
  self->send_exit(pool_, caf::exit_reason::user_shutdown);
  std::optional<ec> code;
  waits.receive([](const sql_result&) {}, [&](const caf::error& e) { code = from_caf(e).code(); });
  EXPECT_EQ(code, ec::unavailable);
}

}  // namespace
}  // namespace streamspace
