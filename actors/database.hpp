#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <streamspace/messages/caf/type_ids.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// One connection to PostgreSQL on a thread of its own. It connects at its first statement and again after a loss, but
/// never within a transaction: its statements then fail (database_unreachable) until the reset.
/// Errors: database_error, timeout, database_unreachable, invalid_argument.
using db_connection_actor =
    caf::typed_actor<caf::replies_to<atom::exec, sql_statement, sql_deadline>::with<sql_result>,
                     caf::reacts_to<atom::script, std::string, sql_deadline>, caf::reacts_to<atom::begin, sql_deadline>,
                     caf::reacts_to<atom::commit, sql_deadline>,
                     /// Rolls back what is open and gives the next borrower a clean session.
                     caf::reacts_to<atom::reset>>;

/// Lends connections. Statements that wait for one longer than their deadline are refused (timeout), and so are
/// statements past the queue's bound (unavailable).
using db_pool_actor = caf::typed_actor<
    /// One statement, committed by itself.
    caf::replies_to<atom::exec, sql_statement, sql_deadline>::with<sql_result>,
    caf::reacts_to<atom::script, std::string, sql_deadline>,
    /// Lends a connection to the asking actor until it releases it or ends, whichever comes first.
    caf::replies_to<atom::lease, sql_deadline>::with<db_connection_actor>,
    caf::reacts_to<atom::release, db_connection_actor>>;

struct db_pool_options {
  std::string url;
  std::size_t max_connections = 8;
  std::size_t max_waiting = 10'000;
  std::chrono::milliseconds connect_timeout{5'000};
};

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_statement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::sql_deadline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::db_connection_actor)
