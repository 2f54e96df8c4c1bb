#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/db_connection.hpp>

namespace streamspace {

namespace {

/// The session's clean-up never takes long on a healthy server.
constexpr std::chrono::milliseconds reset_timeout{5'000};

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

pg_connection& severable_connection::ready(const db_pool_options& options) {
  if (!connection_ || !connection_->usable()) {
    if (in_transaction_)
      throw error{ec::database_unreachable,
                  "the connection to PostgreSQL was lost within a transaction, which is rolled back"};
    auto fresh = std::make_shared<pg_connection>(options.url, options.connect_timeout);
    std::lock_guard lock{mutex_};
    connection_ = std::move(fresh);
  }
  if (in_transaction_ && !connection_->in_transaction())
    throw error{ec::conflict, "the transaction is over; nothing more runs in it"};
  return *connection_;
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
      [self](atom::reset) {
        return answer<void>([&] {
          self->state.connection->set_in_transaction(false);
          if (auto* held = self->state.connection->current(); held && held->usable()) held->reset(reset_timeout);
        });
      },
  };
}

}  // namespace streamspace
