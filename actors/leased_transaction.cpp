#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <caf/scoped_actor.hpp>

#include <streamspace/actors/leased_transaction.hpp>
#include <streamspace/messages/caf/errors.hpp>

namespace streamspace {

namespace {

/// What will come of a message to a connection.
template <class... Message>
using asked = decltype(std::declval<caf::scoped_actor&>()->request(
    std::declval<const db_connection_actor&>(), sql_deadline{}, std::declval<const Message&>()..., sql_deadline{}));

/// A connection that the pool lends for as long as the actor in here lives: when that goes, however it goes, the pool
/// takes it back, cancels what runs and rolls back what is open. The first failure is that of all that follows: nothing
/// may run as if nothing had happened.
class lease {
 public:
  lease(caf::actor_system& system, const db_pool_actor& pool, const db_login_ptr& login, sql_deadline deadline)
      : self_{system}, deadline_{deadline} {
    self_->request(pool, 2 * deadline_ + answer_grace, atom::lease_v, login, deadline_)
        .receive([&](db_connection_actor& lent) { connection_ = std::move(lent); },
                 [&](const caf::error& e) { fail(from_caf(e)); });
    rethrow_failure();
  }

  /// Asks the connection for something without waiting for it.
  template <class... Message>
  auto ask(Message&&... what) {
    return self_->request(connection_, deadline_ + answer_grace, std::forward<Message>(what)..., deadline_);
  }
  /// What was asked for.
  template <class Answer, class Asked>
  Answer take(Asked&& from) {
    Answer answer{};
    from.receive([&](Answer& a) { answer = std::move(a); }, [&](const caf::error& e) { fail(from_caf(e)); });
    rethrow_failure();
    return answer;
  }
  template <class Asked>
  void take(Asked&& from) {
    from.receive([] {}, [&](const caf::error& e) { fail(from_caf(e)); });
    rethrow_failure();
  }
  template <class... Message>
  void command(const Message&... what) {
    take(ask(what...));
  }
  /// Cancels what has not ended.
  void give_up_rows() {
    self_->request(connection_, deadline_ + answer_grace, atom::stop_v)
        .receive([] {}, [&](const caf::error& e) { fail(from_caf(e)); });
  }

  void fail(error why) { failure_ = std::move(why); }
  const std::optional<error>& failure() const noexcept { return failure_; }
  void forget_failure() noexcept { failure_.reset(); }
  void rethrow_failure() const {
    if (failure_) raise(*failure_);
  }

 private:
  caf::scoped_actor self_;
  db_connection_actor connection_;
  sql_deadline deadline_;
  std::optional<error> failure_;
};

/// A batch is on its way while the rows of the one before are used.
class batches {
 public:
  explicit batches(lease& on) : on_{on}, batch_{on.ask(atom::read_v)} {}

  /// None when all have come.
  sql_result next() {
    auto rows = on_.take<sql_result>(batch_);
    if (!rows.empty()) batch_ = on_.ask(atom::read_v);
    return rows;
  }

 private:
  lease& on_;
  asked<atom::read> batch_;
};

class leased_stream final : public sql_row_batches {
 public:
  leased_stream(caf::actor_system& system, const db_pool_actor& pool, const db_login_ptr& login,
                const sql_statement& statement, sql_deadline deadline)
      : lease_{std::in_place, system, pool, login, deadline} {
    lease_->command(atom::stream_v, statement);
    batches_.emplace(*lease_);
  }

  sql_result next() override {
    if (!lease_) return {};
    lease_->rethrow_failure();
    auto rows = batches_->next();
    if (rows.empty()) lease_.reset();
    return rows;
  }

 private:
  std::optional<lease> lease_;  ///< Until all rows have come.
  std::optional<batches> batches_;
};

class leased_transaction final : public sql_transaction {
 public:
  leased_transaction(caf::actor_system& system, const db_pool_actor& pool, const db_login_ptr& login,
                     sql_deadline deadline)
      : lease_{system, pool, login, deadline} {
    command(atom::begin_v);
  }

  sql_result execute(const sql_statement& statement) override {
    demand_ready();
    return lease_.take<sql_result>(lease_.ask(atom::exec_v, statement));
  }

  void run_script(const std::string& script) override { command(atom::script_v, script); }

  std::unique_ptr<sql_copy_in> copy_in(const std::string& statement) override {
    return std::make_unique<rows_in>(*this, statement);
  }
  std::unique_ptr<sql_row_batches> copy_out(const std::string& statement) override {
    return std::make_unique<rows_out>(*this, statement);
  }

  void roll_back_to(const std::string& savepoint) override {
    // The server's refusal of a statement is all that a savepoint can mend.
    const auto& failure = lease_.failure();
    if (failure && !failure->fact("sqlstate").empty() && failure->code() != ec::database_unreachable)
      lease_.forget_failure();
    execute({"ROLLBACK TO SAVEPOINT " + savepoint, {}});
  }

  void commit() override {
    command(atom::commit_v);
    lease_.fail({ec::conflict, "the transaction is committed; nothing more runs in it"});
  }

 private:
  /// A COPY while it is under way; when it is left before its end it is cancelled.
  class copy {
   public:
    template <class Direction>
    copy(leased_transaction& owner, Direction where, const std::string& statement) : owner_{owner} {
      owner_.command(where, statement);
      owner_.copies_ = true;
    }
    copy(const copy&) = delete;
    copy& operator=(const copy&) = delete;
    ~copy() {
      owner_.copies_ = false;
      if (!over_ && !owner_.lease_.failure()) owner_.give_up_copy();
    }

    /// The transaction's, for the next step.
    lease& open() const {
      owner_.lease_.rethrow_failure();
      if (over_) throw error{ec::conflict, "the COPY has ended"};
      return owner_.lease_;
    }
    void end() {
      over_ = true;
      owner_.copies_ = false;
    }
    bool is_over() const noexcept { return over_; }

   private:
    leased_transaction& owner_;
    bool over_ = false;
  };

  /// One part is on its way while the next is made.
  class rows_in final : public sql_copy_in {
   public:
    rows_in(leased_transaction& owner, const std::string& statement) : copy_{owner, atom::copy_in_v, statement} {}

    void write(std::string part) override { part_ = after_last_part().ask(atom::write_v, std::move(part)); }
    std::size_t finish() override {
      auto& on = after_last_part();
      const auto rows = on.take<std::uint64_t>(on.ask(atom::done_v));
      copy_.end();
      return rows;
    }

   private:
    lease& after_last_part() {
      auto& on = copy_.open();
      if (auto part = std::exchange(part_, std::nullopt)) on.take(*part);
      return on;
    }

    copy copy_;
    std::optional<asked<atom::write, std::string>> part_;
  };

  class rows_out final : public sql_row_batches {
   public:
    rows_out(leased_transaction& owner, const std::string& statement)
        : copy_{owner, atom::copy_out_v, statement}, batches_{copy_.open()} {}

    sql_result next() override {
      if (copy_.is_over()) return {};
      copy_.open();
      auto rows = batches_.next();
      if (rows.empty()) copy_.end();
      return rows;
    }

   private:
    copy copy_;
    batches batches_;
  };

  void give_up_copy() noexcept {
    try {
      lease_.give_up_rows();
      if (!lease_.failure())
        lease_.fail({ec::database_error,
                     "a COPY was left before its end and is cancelled, so the transaction can only be rolled back",
                     {{"sqlstate", "57014"}}});
    } catch (const std::exception& e) {
      lease_.fail({ec::database_unreachable, std::string{"a COPY could not be cancelled: "} + e.what()});
    }
  }

  template <class... Message>
  void command(const Message&... what) {
    demand_ready();
    lease_.command(what...);
  }

  void demand_ready() const {
    lease_.rethrow_failure();
    if (copies_) throw error{ec::conflict, "a COPY is under way in the transaction; finish it before you go on"};
  }

  lease lease_;
  bool copies_ = false;  ///< While a COPY is under way.
};

}  // namespace

std::unique_ptr<sql_transaction> lease_transaction(caf::actor_system& system, const db_pool_actor& pool,
                                                   const db_login_ptr& login, sql_deadline deadline) {
  return std::make_unique<leased_transaction>(system, pool, login, deadline);
}

std::unique_ptr<sql_row_batches> lease_stream(caf::actor_system& system, const db_pool_actor& pool,
                                              const db_login_ptr& login, const sql_statement& statement,
                                              sql_deadline deadline) {
  return std::make_unique<leased_stream>(system, pool, login, statement, deadline);
}

}  // namespace streamspace
