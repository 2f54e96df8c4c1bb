#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <caf/actor_system.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/db_executor.hpp>

namespace streamspace {

/// Statements for whose answers no thread waits, each committed by itself. Only some of them are with the pool at a
/// time, begun in the order in which they came, so that whoever asks for many keeps nobody else's out of its queue; the
/// others wait here, at most for their deadline. How many there may be is up to those who ask. Thread-safe. The actor
/// system must outlive it.
class unawaited_statements : public std::enable_shared_from_this<unawaited_statements> {
 public:
  using callback = std::function<void(result<sql_result>)>;

  /// More than a pool runs at once for one plugin, so that none of its connections waits for the next statement.
  static constexpr std::size_t most_with_the_pool = 16;

  unawaited_statements(caf::actor_system& system, db_pool_actor pool, login_source login)
      : system_{system}, pool_{std::move(pool)}, login_{std::move(login)} {}

  /// Does not block, though the login's source may: it is asked on a thread of its own until it has once answered.
  /// `done` is called once, on any thread, maybe within this call.
  void add(sql_statement statement, sql_deadline deadline, callback done);

 private:
  using clock = std::chrono::steady_clock;
  struct waiting {
    sql_statement statement;
    sql_deadline deadline;
    clock::time_point until;
    callback done;
  };
  enum class login_state : std::uint8_t { unknown, asked_for, known };

  /// Hands the pool as many as it may.
  void begin_some();
  void learn_login();
  void ask_pool(waiting what);
  /// The answer of one that the pool had.
  void end(const callback& done, result<sql_result> answer);

  caf::actor_system& system_;
  const db_pool_actor pool_;
  const login_source login_;
  std::mutex mutex_;
  std::deque<waiting> waiting_;
  std::size_t with_the_pool_ = 0;
  login_state login_state_ = login_state::unknown;
};

}  // namespace streamspace
