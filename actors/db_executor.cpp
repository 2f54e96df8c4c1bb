#include <optional>

#include <caf/scoped_actor.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/db_executor.hpp>

namespace streamspace {

namespace {

/// How much longer than the deadline a caller waits, so that the pool's own answer (which says more) comes first.
constexpr std::chrono::milliseconds grace{2'000};

/// Holds a lease for as long as its own actor lives: when that goes, however it goes, the pool takes the connection
/// back and rolls back what is open.
class leased_transaction final : public sql_transaction {
 public:
  leased_transaction(caf::actor_system& system, const db_pool_actor& pool, sql_deadline deadline)
      : self_{system}, deadline_{deadline} {
    self_->request(pool, 2 * deadline_ + grace, atom::lease_v, deadline_)
        .receive([&](db_connection_actor& lent) { connection_ = std::move(lent); },
                 [&](const caf::error& e) { fail(e); });
    rethrow_failure();
    command(atom::begin_v);
  }

  sql_result execute(const sql_statement& statement) override {
    rethrow_failure();
    sql_result rows;
    self_->request(connection_, deadline_ + grace, atom::exec_v, statement, deadline_)
        .receive([&](sql_result& answer) { rows = std::move(answer); }, [&](const caf::error& e) { fail(e); });
    rethrow_failure();
    return rows;
  }

  void commit() override {
    command(atom::commit_v);
    failure_ = error{ec::conflict, "the transaction is committed; nothing more runs in it"};
  }

 private:
  template <class Atom>
  void command(Atom what) {
    rethrow_failure();
    self_->request(connection_, deadline_ + grace, what, deadline_)
        .receive([] {}, [&](const caf::error& e) { fail(e); });
    rethrow_failure();
  }

  /// The first failure ends the transaction for good: nothing may run after it as if nothing had happened.
  void fail(const caf::error& e) { failure_ = from_caf(e); }
  void rethrow_failure() const {
    if (failure_) raise(*failure_);
  }

  caf::scoped_actor self_;
  db_connection_actor connection_;
  sql_deadline deadline_;
  std::optional<error> failure_;
};

class db_executor final : public sql_executor {
 public:
  db_executor(caf::actor_system& system, db_pool_actor pool) : system_{system}, pool_{std::move(pool)} {}

  sql_result execute(const sql_statement& statement, sql_deadline deadline) override {
    return value_or_raise(ask<sql_result>(system_, pool_, 2 * deadline + grace, atom::exec_v, statement, deadline));
  }

  std::unique_ptr<sql_transaction> begin(sql_deadline deadline) override {
    return std::make_unique<leased_transaction>(system_, pool_, deadline);
  }

  void run_script(const std::string& script, sql_deadline deadline) override {
    value_or_raise(ask<void>(system_, pool_, 2 * deadline + grace, atom::script_v, script, deadline));
  }

 private:
  caf::actor_system& system_;
  db_pool_actor pool_;
};

}  // namespace

std::shared_ptr<sql_executor> make_db_executor(caf::actor_system& system, db_pool_actor pool) {
  return std::make_shared<db_executor>(system, std::move(pool));
}

}  // namespace streamspace
