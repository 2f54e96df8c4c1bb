#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include <streamspace/actors/database.hpp>

namespace streamspace {

/// A transaction on a connection that the pool lends to it, for threads that are no actors. Blocks the caller until the
/// connection is there and the transaction has begun; the deadline is that of each of its statements. The actor system
/// must outlive it.
std::unique_ptr<sql_transaction> lease_transaction(caf::actor_system& system, const db_pool_actor& pool,
                                                   const db_login_ptr& login, sql_deadline deadline);

/// The rows of a statement that commits by itself, in the same way: the connection is lent until the last of them has
/// come or this is destroyed.
std::unique_ptr<sql_row_batches> lease_stream(caf::actor_system& system, const db_pool_actor& pool,
                                              const db_login_ptr& login, const sql_statement& statement,
                                              sql_deadline deadline);

}  // namespace streamspace
