#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {

/// The connection of a db_connection, reachable from outside of it so that a statement that does not end can be cut
/// off. Thread-safe.
class severable_connection {
 public:
  /// Connects unless there is a usable connection of whom it is for; within a transaction a lost one, or one that is
  /// not in it any more, is an error. Soon after an attempt that failed it fails with the same error again. Called by
  /// the owning actor only.
  pg_connection& ready(const db_pool_options& options);
  /// Whose rights the next statements have. Called by the pool, before it sends them.
  void work_for(db_login_ptr whom);
  /// Breaks the connection; a statement that runs on it ends with database_unreachable.
  void sever() noexcept;
  /// Marks whether a transaction is open, which no reconnect may hide. Called by the owning actor only.
  void set_in_transaction(bool open) noexcept { in_transaction_ = open; }
  bool in_transaction() const noexcept { return in_transaction_; }
  /// The connection if there is one. Called by the owning actor only.
  pg_connection* current() noexcept { return connection_.get(); }
  /// Lets it go. Called by the owning actor only.
  void close();

 private:
  using clock = std::chrono::steady_clock;

  void connect(const db_pool_options& options, db_login_ptr as);

  std::mutex mutex_;
  std::shared_ptr<pg_connection> connection_;
  db_login_ptr wanted_;  ///< Under the lock.
  db_login_ptr as_;
  bool in_transaction_ = false;
  std::optional<error> failed_;
  clock::time_point next_attempt_{};
  clock::duration pause_{};
};

struct db_connection_state {
  static constexpr const char* name = "streamspace.db-connection";
  std::shared_ptr<severable_connection> connection;
};

/// Spawn it detached: it blocks while PostgreSQL works.
db_connection_actor::behavior_type db_connection(db_connection_actor::stateful_pointer<db_connection_state> self,
                                                 db_pool_options options,
                                                 std::shared_ptr<severable_connection> connection);

}  // namespace streamspace
