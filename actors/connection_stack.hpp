#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <streamspace/actors/deadline_timer.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {

/// Connections to PostgreSQL for threads that run their statements themselves, which saves the way to another thread
/// and back. There are as many as statements ran at once; the one that was used last is used next. Thread-safe.
class connection_stack {
 public:
  struct settings {
    std::string url;
    std::chrono::milliseconds connect_timeout{5'000};
    /// The server ends a statement at its deadline; a connection that is silent for so much longer is cut off.
    std::chrono::milliseconds silence_allowed{1'000};
  };

  connection_stack(settings how, std::shared_ptr<deadline_timer> timer);

  /// One statement, committed by itself. Blocks until the server has answered, or is cut off. The same texts should
  /// come again, as each is prepared. Errors: those of pg_connection.
  result<sql_result> execute(const sql_statement& statement, std::chrono::milliseconds deadline);

 private:
  std::shared_ptr<pg_connection> take();

  const settings settings_;
  const std::shared_ptr<deadline_timer> timer_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<pg_connection>> idle_;
};

}  // namespace streamspace
