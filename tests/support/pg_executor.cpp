#include <mutex>
#include <vector>

#include <support/pg_executor.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace::testing {

namespace {

class idle_connections {
 public:
  explicit idle_connections(std::string url) : url_{std::move(url)} {}

  std::unique_ptr<pg_connection> take() {
    {
      std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->usable()) return connection;
      }
    }
    return std::make_unique<pg_connection>(url_, patience);
  }

  void give_back(std::unique_ptr<pg_connection> connection) {
    if (!connection->usable()) return;
    std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
  }

 private:
  std::string url_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<pg_connection>> idle_;
};

/// A connection for as long as this lives.
class borrowed {
 public:
  explicit borrowed(std::shared_ptr<idle_connections> from) : from_{std::move(from)}, connection_{from_->take()} {}
  ~borrowed() { from_->give_back(std::move(connection_)); }
  borrowed(const borrowed&) = delete;
  borrowed& operator=(const borrowed&) = delete;
  pg_connection* operator->() const noexcept { return connection_.get(); }

 private:
  std::shared_ptr<idle_connections> from_;
  std::unique_ptr<pg_connection> connection_;
};

class pg_transaction final : public sql_transaction {
 public:
  pg_transaction(std::shared_ptr<idle_connections> from, sql_deadline deadline)
      : connection_{std::move(from)}, deadline_{deadline} {
    connection_->begin(deadline_);
  }
  ~pg_transaction() override {
    try {
      if (connection_->in_transaction()) connection_->rollback(deadline_);
    } catch (const error&) {  // The connection is lost, and the transaction with it.
    }
  }
  sql_result execute(const sql_statement& statement) override { return connection_->execute(statement, deadline_); }
  void run_script(const std::string& script) override { connection_->execute_script(script, deadline_); }
  void roll_back_to(const std::string& savepoint) override { execute({"ROLLBACK TO SAVEPOINT " + savepoint, {}}); }
  void commit() override { connection_->commit(deadline_); }

 private:
  borrowed connection_;
  sql_deadline deadline_;
};

class pg_executor final : public sql_executor {
 public:
  explicit pg_executor(const std::string& url) : connections_{std::make_shared<idle_connections>(url)} {}

  sql_result execute(const sql_statement& statement, sql_deadline deadline) override {
    return borrowed {
      connections_
      } -> execute(statement, deadline);
  }
  std::unique_ptr<sql_transaction> begin(sql_deadline deadline) override {
    return std::make_unique<pg_transaction>(connections_, deadline);
  }
  void run_script(const std::string& script, sql_deadline deadline) override {
    borrowed {
      connections_
      } -> execute_script(script, deadline);
  }

 private:
  std::shared_ptr<idle_connections> connections_;
};

}  // namespace

std::shared_ptr<sql_executor> make_pg_executor(const std::string& url) {
  return std::make_shared<pg_executor>(url);
}

}  // namespace streamspace::testing
