#include <utility>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/db_executor.hpp>
#include <streamspace/actors/leased_transaction.hpp>
#include <streamspace/actors/unawaited_statements.hpp>

namespace streamspace {

namespace {

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
    return lease_transaction(system_, pool_, login_(), deadline);
  }

  std::unique_ptr<sql_row_batches> stream(const sql_statement& statement, sql_deadline deadline) override {
    return lease_stream(system_, pool_, login_(), statement, deadline);
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
