#include <algorithm>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/db_connection.hpp>

namespace streamspace {

namespace {

/// The session's clean-up never takes long on a healthy server.
constexpr std::chrono::milliseconds reset_timeout{5'000};

/// Between attempts to connect that fail.
constexpr std::chrono::milliseconds first_pause{20};
constexpr std::chrono::milliseconds longest_pause{1'000};

/// Runs a statement that must neither begin nor end a transaction: that is for begin and commit, and what is left open
/// would be the next borrower's.
template <class Call>
auto run_within(severable_connection& held, const db_pool_options& options, Call&& call) {
  auto& on = held.ready(options);
  const auto refuse_a_change = [&] {
    if (held.in_transaction() == on.in_transaction()) return;
    if (held.in_transaction())
      throw error{ec::invalid_argument,
                  "the statement ended the transaction that it was part of; nothing more runs in it"};
    on.reset(reset_timeout);
    throw error{ec::invalid_argument,
                "the statement began a transaction and left it open, so it is rolled back; use transaction()"};
  };
  if constexpr (std::is_void_v<decltype(call(on))>) {
    call(on);
    refuse_a_change();
  } else {
    auto rows = call(on);
    refuse_a_change();
    return rows;
  }
}

}  // namespace

void severable_connection::work_for(db_login_ptr whom) {
  std::lock_guard lock{mutex_};
  wanted_ = std::move(whom);
}

pg_connection& severable_connection::ready(const db_pool_options& options) {
  db_login_ptr wanted;
  {
    std::lock_guard lock{mutex_};
    wanted = wanted_;
  }
  if (!connection_ || !connection_->usable() || as_ != wanted) {
    if (in_transaction_)
      throw error{ec::database_unreachable,
                  "the connection to PostgreSQL was lost within a transaction, which is rolled back"};
    connect(options, std::move(wanted));
  }
  if (in_transaction_ && !connection_->in_transaction())
    throw error{ec::conflict, "the transaction is over; nothing more runs in it"};
  return *connection_;
}

void severable_connection::connect(const db_pool_options& options, db_login_ptr as) {
  if (as_ != as) {
    failed_.reset();
    pause_ = {};
  }
  close();
  as_ = std::move(as);
  if (failed_ && clock::now() < next_attempt_) raise(*failed_);
  try {
    auto fresh = std::make_shared<pg_connection>(as_ ? as_->url : options.url, options.connect_timeout);
    failed_.reset();
    pause_ = {};
    std::lock_guard lock{mutex_};
    connection_ = std::move(fresh);
  } catch (const error& e) {
    failed_ = e;
    pause_ = std::clamp<clock::duration>(2 * pause_, first_pause, longest_pause);
    next_attempt_ = clock::now() + pause_;
    throw;
  }
}

void severable_connection::close() {
  std::shared_ptr<pg_connection> gone;
  std::lock_guard lock{mutex_};
  gone.swap(connection_);
}

void severable_connection::sever() noexcept {
  std::shared_ptr<pg_connection> held;
  {
    std::lock_guard lock{mutex_};
    held = connection_;
  }
  if (held) held->sever();
}

db_connection_actor::behavior_type db_connection(db_connection_actor::stateful_pointer<db_connection_state> self,
                                                 db_pool_options options,
                                                 std::shared_ptr<severable_connection> connection) {
  self->state.connection = std::move(connection);
  return {
      [self, options](atom::exec, const sql_statement& statement, sql_deadline deadline) {
        return answer<sql_result>([&] {
          return run_within(*self->state.connection, options,
                            [&](pg_connection& on) { return on.execute(statement, deadline); });
        });
      },
      [self, options](atom::script, const std::string& script, sql_deadline deadline) {
        return answer<void>([&] {
          run_within(*self->state.connection, options, [&](pg_connection& on) { on.execute_script(script, deadline); });
        });
      },
      [self, options](atom::begin, sql_deadline deadline) {
        return answer<void>([&] {
          self->state.connection->ready(options).begin(deadline);
          self->state.connection->set_in_transaction(true);
        });
      },
      [self, options](atom::commit, sql_deadline deadline) {
        return answer<void>([&] {
          self->state.connection->ready(options).commit(deadline);
          self->state.connection->set_in_transaction(false);
        });
      },
      [self, options](atom::copy_in, const std::string& statement, sql_deadline deadline) {
        return answer<void>([&] { self->state.connection->ready(options).begin_copy_in(statement, deadline); });
      },
      [self, options](atom::write, const std::string& part, sql_deadline deadline) {
        return answer<void>([&] { self->state.connection->ready(options).write_rows(part, deadline); });
      },
      [self, options](atom::done, sql_deadline deadline) {
        return answer<std::uint64_t>(
            [&]() -> std::uint64_t { return self->state.connection->ready(options).finish_rows(deadline); });
      },
      [self, options](atom::copy_out, const std::string& statement, sql_deadline deadline) {
        return answer<void>([&] { self->state.connection->ready(options).begin_copy_out(statement, deadline); });
      },
      [self, options](atom::stream, const sql_statement& statement, sql_deadline deadline) {
        return answer<void>([&] { self->state.connection->ready(options).begin_stream(statement, deadline); });
      },
      [self](atom::read, sql_deadline deadline) {
        return answer<sql_result>([&] {
          // Never on another connection, where there would seem to be no more rows.
          auto* const held = self->state.connection->current();
          if (!held) throw error{ec::database_unreachable, "the connection that rows came on is closed"};
          return held->read_rows(deadline);
        });
      },
      [self](atom::stop) {
        if (auto* held = self->state.connection->current()) held->give_up_rows();
      },
      [self](atom::reset) {
        return answer<void>([&] {
          self->state.connection->set_in_transaction(false);
          if (auto* held = self->state.connection->current(); held && held->usable()) held->reset(reset_timeout);
        });
      },
      [self](atom::close) { self->state.connection->close(); },
  };
}

}  // namespace streamspace
