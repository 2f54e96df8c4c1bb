#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <streamspace/messages/caf/type_ids.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// Whose rights a statement has. Null is the platform's own user.
struct db_login {
  std::string plugin;
  std::string url;
};
using db_login_ptr = std::shared_ptr<const db_login>;

/// One connection to PostgreSQL on a thread of its own. It connects at its first statement and again after a loss, with
/// a growing pause between attempts that fail, but never within a transaction: its statements then fail
/// (database_unreachable) until the reset.
/// Errors: database_error, timeout, database_unreachable, invalid_argument.
using db_connection_actor =
    caf::typed_actor<caf::replies_to<atom::exec, sql_statement, sql_deadline>::with<sql_result>,
                     caf::reacts_to<atom::script, std::string, sql_deadline>, caf::reacts_to<atom::begin, sql_deadline>,
                     caf::reacts_to<atom::commit, sql_deadline>,
                     /// Begins a COPY FROM STDIN, in a transaction. Then come parts of its rows, and done; the answer
                     /// is how many rows were written.
                     caf::reacts_to<atom::copy_in, std::string, sql_deadline>,
                     caf::reacts_to<atom::write, std::string, sql_deadline>,
                     caf::replies_to<atom::done, sql_deadline>::with<std::uint64_t>,
                     /// Begins a COPY TO STDOUT, in a transaction. Then its rows are read until none come.
                     caf::reacts_to<atom::copy_out, std::string, sql_deadline>,
                     /// Begins a statement that commits by itself. Then its rows are read in the same way.
                     caf::reacts_to<atom::stream, sql_statement, sql_deadline>,
                     caf::replies_to<atom::read, sql_deadline>::with<sql_result>,
                     /// Cancels what of these has not ended.
                     caf::reacts_to<atom::stop>,
                     /// Rolls back what is open and gives the next borrower a clean session.
                     caf::reacts_to<atom::reset>,
                     /// Lets the connection go until it is needed again.
                     caf::reacts_to<atom::close>>;

/// How much longer than its deadline a caller waits, so that the pool's own answer (which says more) comes first.
inline constexpr std::chrono::milliseconds answer_grace{2'000};

/// Lends connections, each logged in as whoever asks. Statements that wait for one longer than their deadline are
/// refused (timeout), and so are statements past the queue's bound (unavailable).
using db_pool_actor = caf::typed_actor<
    /// One statement, committed by itself; of the platform.
    caf::replies_to<atom::exec, sql_statement, sql_deadline>::with<sql_result>,
    caf::replies_to<atom::exec, db_login_ptr, sql_statement, sql_deadline>::with<sql_result>,
    caf::reacts_to<atom::script, db_login_ptr, std::string, sql_deadline>,
    /// Lends a connection to the asking actor until it releases it or ends, whichever comes first.
    caf::replies_to<atom::lease, db_login_ptr, sql_deadline>::with<db_connection_actor>,
    caf::reacts_to<atom::release, db_connection_actor>>;

struct db_pool_options {
  std::string url;  ///< Of the platform's own user.
  std::size_t max_connections = 8;
  std::size_t max_of_a_plugin = 4;  ///< How many of them one plugin may use at once.
  std::size_t max_waiting = 10'000;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{300'000};  ///< After which a connection that nobody uses is closed.
  /// After which a transaction that is still open is logged, with the plugin's name.
  std::chrono::milliseconds report_held_after{30'000};
  log_sink log = [](const log_record&) {};
};

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::db_login_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_statement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_deadline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::db_connection_actor)
