#include <deque>
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
    demand_ready();
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

  std::unique_ptr<sql_copy_in> copy_in(const std::string& statement) override {
    return std::make_unique<rows_in>(*this, statement);
  }
  std::unique_ptr<sql_copy_out> copy_out(const std::string& statement) override {
    return std::make_unique<rows_out>(*this, statement);
  }

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
      if (!over_ && !owner_.failure_) owner_.give_up_copy();
    }

    /// Asks the connection for something without waiting for it.
    template <class... Message>
    auto ask(Message&&... what) {
      return owner_.self_->request(owner_.connection_, owner_.deadline_ + answer_grace, std::forward<Message>(what)...,
                                   owner_.deadline_);
    }
    /// What was asked for; the first error is that of the transaction.
    template <class Answer, class Asked>
    Answer take(Asked& from) {
      Answer answer{};
      from.receive([&](Answer& a) { answer = std::move(a); }, [&](const caf::error& e) { owner_.fail(e); });
      owner_.rethrow_failure();
      return answer;
    }
    template <class Asked>
    void take(Asked& from) {
      from.receive([] {}, [&](const caf::error& e) { owner_.fail(e); });
      owner_.rethrow_failure();
    }
    void demand_open() const {
      owner_.rethrow_failure();
      if (over_) throw error{ec::conflict, "the COPY has ended"};
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

    void write(std::string part) override {
      await_part();
      part_ = copy_.ask(atom::write_v, std::move(part));
    }
    std::size_t finish() override {
      await_part();
      auto done = copy_.ask(atom::done_v);
      const auto rows = copy_.take<std::uint64_t>(done);
      copy_.end();
      return rows;
    }

   private:
    void await_part() {
      copy_.demand_open();
      if (auto part = std::exchange(part_, std::nullopt)) copy_.take(*part);
    }

    copy copy_;
    std::optional<asked<atom::write, std::string>> part_;
  };

  /// A batch is on its way while the rows of the one before are used.
  class rows_out final : public sql_copy_out {
   public:
    rows_out(leased_transaction& owner, const std::string& statement)
        : copy_{owner, atom::copy_out_v, statement}, batch_{copy_.ask(atom::read_v)} {}

    sql_result next() override {
      if (copy_.is_over()) return {};
      copy_.demand_open();
      auto rows = copy_.take<unread_rows>(batch_).read();
      if (rows.empty())
        copy_.end();
      else
        batch_ = copy_.ask(atom::read_v);
      return rows;
    }

   private:
    copy copy_;
    asked<atom::read> batch_;
  };

  void give_up_copy() noexcept {
    try {
      self_->request(connection_, deadline_ + answer_grace, atom::stop_v)
          .receive([] {}, [&](const caf::error& e) { fail(e); });
      if (!failure_)
        failure_ = error{ec::database_error,
                         "a COPY was left before its end and is cancelled, so the transaction can only be rolled back",
                         {{"sqlstate", "57014"}}};
    } catch (const std::exception& e) {
      failure_ = error{ec::database_unreachable, std::string{"a COPY could not be cancelled: "} + e.what()};
    }
  }

  template <class... Message>
  void command(const Message&... what) {
    demand_ready();
    self_->request(connection_, deadline_ + answer_grace, what..., deadline_)
        .receive([] {}, [&](const caf::error& e) { fail(e); });
    rethrow_failure();
  }

  /// The first failure ends the transaction for good: nothing may run after it as if nothing had happened.
  void fail(const caf::error& e) { failure_ = from_caf(e); }
  void rethrow_failure() const {
    if (failure_) raise(*failure_);
  }
  void demand_ready() const {
    rethrow_failure();
    if (copies_) throw error{ec::conflict, "a COPY is under way in the transaction; finish it before you go on"};
  }

  caf::scoped_actor self_;
  db_connection_actor connection_;
  sql_deadline deadline_;
  std::deque<asked<atom::fetch, sql_statement>> pending_;
  std::optional<error> failure_;
  bool copies_ = false;  ///< While a COPY is under way.
};

}  // namespace

std::unique_ptr<sql_transaction> lease_transaction(caf::actor_system& system, const db_pool_actor& pool,
                                                   const db_login_ptr& login, sql_deadline deadline) {
  return std::make_unique<leased_transaction>(system, pool, login, deadline);
}

}  // namespace streamspace
