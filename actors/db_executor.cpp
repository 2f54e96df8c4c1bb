#include <deque>
#include <optional>
#include <utility>

#include <caf/scoped_actor.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/db_executor.hpp>
#include <streamspace/actors/unawaited_statements.hpp>

namespace streamspace {

namespace {

/// Holds a lease for as long as its own actor lives: when that goes, however it goes, the pool takes the connection
/// back and rolls back what is open.
class leased_transaction final : public sql_transaction {
 public:
  leased_transaction(caf::actor_system& system, const db_pool_actor& pool, const db_login_ptr& login,
                     sql_deadline deadline)
      : self_{system}, deadline_{deadline} {
    self_->request(pool, 2 * deadline_ + answer_grace, atom::lease_v, login, deadline_)
        .receive([&](db_connection_actor& lent) { connection_ = std::move(lent); },
                 [&](const caf::error& e) { fail(e); });
    rethrow_failure();
    command(atom::begin_v);
  }

  sql_result execute(const sql_statement& statement) override {
    start(statement);
    return finish();
  }

  void start(const sql_statement& statement) override {
    rethrow_failure();
    pending_.push_back(self_->request(connection_, deadline_ + answer_grace, atom::fetch_v, statement, deadline_));
  }

  sql_result finish() override {
    unread_rows rows;
    auto first = std::move(pending_.front());
    pending_.pop_front();
    first.receive([&](unread_rows& answer) { rows = std::move(answer); }, [&](const caf::error& e) { fail(e); });
    rethrow_failure();
    return rows.read();
  }

  void run_script(const std::string& script) override { command(atom::script_v, script); }

  void roll_back_to(const std::string& savepoint) override {
    // The server's refusal of a statement is all that a savepoint can mend.
    if (failure_ && !failure_->fact("sqlstate").empty() && failure_->code() != ec::database_unreachable)
      failure_.reset();
    execute({"ROLLBACK TO SAVEPOINT " + savepoint, {}});
  }

  void commit() override {
    command(atom::commit_v);
    failure_ = error{ec::conflict, "the transaction is committed; nothing more runs in it"};
  }

 private:
  template <class... Message>
  void command(const Message&... what) {
    rethrow_failure();
    self_->request(connection_, deadline_ + answer_grace, what..., deadline_)
        .receive([] {}, [&](const caf::error& e) { fail(e); });
    rethrow_failure();
  }

  /// The first failure ends the transaction for good: nothing may run after it as if nothing had happened.
  void fail(const caf::error& e) { failure_ = from_caf(e); }
  void rethrow_failure() const {
    if (failure_) raise(*failure_);
  }

  using pending_rows = decltype(std::declval<caf::scoped_actor&>()->request(
      std::declval<db_connection_actor&>(), sql_deadline{}, atom::fetch_v, sql_statement{}, sql_deadline{}));

  caf::scoped_actor self_;
  db_connection_actor connection_;
  sql_deadline deadline_;
  std::deque<pending_rows> pending_;
  std::optional<error> failure_;
};

class db_executor final : public sql_executor {
 public:
  db_executor(caf::actor_system& system, db_pool_actor pool, login_source login)
      : system_{system},
        pool_{std::move(pool)},
        login_{std::move(login)},
        unawaited_{std::make_shared<unawaited_statements>(system_, pool_, login_)} {}

  sql_result execute(const sql_statement& statement, sql_deadline deadline) override {
    return value_or_raise(
        ask<sql_result>(system_, pool_, 2 * deadline + answer_grace, atom::exec_v, login_(), statement, deadline));
  }

  void execute_then(sql_statement statement, sql_deadline deadline,
                    std::function<void(result<sql_result>)> done) override {
    unawaited_->add(std::move(statement), deadline, std::move(done));
  }

  std::unique_ptr<sql_transaction> begin(sql_deadline deadline) override {
    return std::make_unique<leased_transaction>(system_, pool_, login_(), deadline);
  }

  void run_script(const std::string& script, sql_deadline deadline) override {
    value_or_raise(ask<void>(system_, pool_, 2 * deadline + answer_grace, atom::script_v, login_(), script, deadline));
  }

 private:
  caf::actor_system& system_;
  db_pool_actor pool_;
  login_source login_;
  std::shared_ptr<unawaited_statements> unawaited_;
};

}  // namespace

std::shared_ptr<sql_executor> make_db_executor(caf::actor_system& system, db_pool_actor pool, login_source login) {
  return std::make_shared<db_executor>(system, std::move(pool), std::move(login));
}

}  // namespace streamspace
