#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include "waiting.hpp"
#include <streamspace/actors/db_executor.hpp>
#include <streamspace/actors/db_pool.hpp>
#include <streamspace/actors/unawaited_statements.hpp>
#include <streamspace/persistence/plugin_roles.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::door;
using testing::eventually;
using testing::patience;

class UnawaitedStatements : public testing::postgres_test {
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

  std::shared_ptr<sql_executor> open(
      db_pool_options options, login_source login = [] { return db_login_ptr{}; }) {
    options.url = url();
    pool_ = system_.spawn(db_pool, options);
    return make_db_executor(system_, pool_, std::move(login));
  }
  std::function<void(result<sql_result>)> keep() {
    return [this](result<sql_result> answer) {
      std::lock_guard lock{mutex_};
      answers_.push_back(std::move(answer));
    };
  }
  /// What has come of the first `many`; fewer when they do not come soon.
  std::vector<result<sql_result>> answers(std::size_t many) {
    static_cast<void>(eventually([&] {
      std::lock_guard lock{mutex_};
      return answers_.size() >= many;
    }));
    std::lock_guard lock{mutex_};
    return answers_;
  }
  bool none_has_come() {
    std::lock_guard lock{mutex_};
    return answers_.empty();
  }

  config config_;
  caf::actor_system system_{config_};
  db_pool_actor pool_;
  std::mutex mutex_;
  std::vector<result<sql_result>> answers_;
};

const sql_statement locks{"SELECT pg_advisory_xact_lock(1)", {}};

TEST_F(UnawaitedStatements, BlockNobodyWhileTheyRun) {
  const auto sql = open({});
  auto other = connect();
  other.execute({"SELECT pg_advisory_lock(1)", {}}, patience);
  sql->execute_then(locks, patience, keep());
  EXPECT_EQ(sql->execute({"SELECT 7", {}}, patience)[0].get<int>(0), 7);
  EXPECT_TRUE(none_has_come());
  other.execute({"SELECT pg_advisory_unlock(1)", {}}, patience);
  const auto all = answers(1);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]->size(), 1U);
}

TEST_F(UnawaitedStatements, AnswerWithTheServersRefusal) {
  const auto sql = open({});
  sql->execute_then({"SELECT * FROM nowhere", {}}, patience, keep());
  sql->execute_then({"SELECT $1", {"raw \xff"}}, patience, keep());
  const auto all = answers(2);
  ASSERT_EQ(all.size(), 2U);
  for (const auto& one : all)
    EXPECT_TRUE(one.error().fact("sqlstate") == "42P01" || one.error().code() == ec::invalid_argument)
        << one.error().message();
}

TEST_F(UnawaitedStatements, OfWhichThereAreManyLeaveOthersTheirPlaceInTheQueue) {
  const plugin_roles roles{{.url = url(), .key = secret_key::random()}};
  const auto login = std::make_shared<const db_login>(db_login{"p", roles.ensure("p", {})});
  const auto sql = open({.max_connections = 2, .max_of_a_plugin = 1, .max_waiting = 20}, [login] { return login; });
  const auto platform = make_db_executor(system_, pool_);
  auto other = connect();
  other.execute({"SELECT pg_advisory_lock(1)", {}}, patience);
  constexpr std::size_t many = 200;
  for (std::size_t i = 0; i < many; ++i) sql->execute_then(locks, patience, keep());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(platform->execute({"SELECT 7", {}}, patience)[0].get<int>(0), 7);
  EXPECT_TRUE(none_has_come());
  other.execute({"SELECT pg_advisory_unlock(1)", {}}, patience);
  const auto all = answers(many);
  ASSERT_EQ(all.size(), many);
  for (const auto& one : all) EXPECT_TRUE(one) << one.error().message();
}

TEST_F(UnawaitedStatements, AreRefusedWhenTheirTimeIsUp) {
  const auto sql = open({.max_connections = 1});
  auto other = connect();
  other.execute({"SELECT pg_advisory_lock(1)", {}}, patience);
  constexpr std::size_t many = 40;
  for (std::size_t i = 0; i < many; ++i) sql->execute_then(locks, 20ms, keep());
  const auto all = answers(many);
  ASSERT_EQ(all.size(), many);
  for (const auto& one : all) EXPECT_EQ(one.error().code(), ec::timeout) << one.error().message();
  EXPECT_EQ(sql->execute({"SELECT 7", {}}, patience)[0].get<int>(0), 7);
}

TEST_F(UnawaitedStatements, WaitForALoginThatBlocksOnAThreadOfItsOwn) {
  door login;
  const auto sql = open({}, [&] {
    login.pass();
    return db_login_ptr{};
  });
  sql->execute_then({"SELECT 7", {}}, patience, keep());
  sql->execute_then({"SELECT 7", {}}, patience, keep());
  ASSERT_TRUE(login.await_arrival());
  EXPECT_TRUE(none_has_come());
  login.open();
  EXPECT_EQ(answers(2).size(), 2U);
}

TEST_F(UnawaitedStatements, AreRefusedWithTheLoginAndTheNextTriesAgain) {
  std::atomic<int> failures{1};
  const auto sql = open({}, [&] {
    if (failures-- > 0) throw error{ec::conflict, "no role for you"};
    return db_login_ptr{};
  });
  sql->execute_then({"SELECT 7", {}}, patience, keep());
  ASSERT_EQ(answers(1).size(), 1U);
  EXPECT_EQ(answers(1)[0].error().code(), ec::conflict);
  sql->execute_then({"SELECT 7", {}}, patience, keep());
  ASSERT_EQ(answers(2).size(), 2U);
  EXPECT_TRUE(answers(2)[1]);
}

TEST_F(UnawaitedStatements, AreAllAnsweredWhenThePoolEnds) {
  const auto sql = open({.max_connections = 1});
  auto other = connect();
  other.execute({"SELECT pg_advisory_lock(1)", {}}, patience);
  constexpr std::size_t many = 40;
  for (std::size_t i = 0; i < many; ++i) sql->execute_then(locks, patience, keep());
  caf::anon_send_exit(pool_, caf::exit_reason::user_shutdown);
  const auto all = answers(many);
  ASSERT_EQ(all.size(), many);
  for (const auto& one : all) EXPECT_FALSE(one);
}

}  // namespace
}  // namespace streamspace
