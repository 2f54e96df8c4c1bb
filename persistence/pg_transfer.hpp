#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/pg_diagnostics.hpp>

namespace streamspace {

/// A statement whose rows go to or come from the server part by part, on an open connection by libpq itself: libpqxx
/// has no deadline for its steps. For .cpp files of this folder only.
///
/// The server's own time limit counts from the beginning of the statement, so it is to be off; here each step has its
/// deadline, and a step that misses it ends the statement. Errors of the steps, all of which end it: database_error,
/// timeout, database_unreachable.
class pg_transfer {
 public:
  /// COPY FROM STDIN in text format, COPY TO STDOUT in CSV format with a header, or the rows of any other statement.
  enum class kind : std::uint8_t { copy_in, copy_out, rows };

  /// Begins the statement; only `rows` has parameters. Error invalid_argument when it is a COPY or none against what
  /// `what` says; nothing was done then. Of `rows` errors are said by read() only. `said` listens to the connection;
  /// `describe_loss` says what became of a connection that is lost.
  pg_transfer(PGconn* connection, pg_diagnostics& said, std::function<error()> describe_loss, kind what,
              const std::string& statement, const std::vector<const char*>& params, std::chrono::milliseconds deadline);
  pg_transfer(const pg_transfer&) = delete;
  pg_transfer& operator=(const pg_transfer&) = delete;
  /// Cancels it unless it has ended; if the server does not answer to that in time, the connection is lost.
  ~pg_transfer();

  /// Sends a part of a COPY's rows, cut anywhere.
  void write(std::string_view part, std::chrono::milliseconds deadline);
  /// Ends such a COPY; the rows that were written.
  std::size_t finish(std::chrono::milliseconds deadline);

  /// The next rows, at least one of them and about so many bytes at most, fewer rather than to wait for long; empty
  /// when all have come.
  sql_result read(std::size_t bytes, std::chrono::milliseconds deadline);

  bool has_ended() const noexcept { return ended_; }

 private:
  using clock = std::chrono::steady_clock;
  using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

  /// Waits until the socket may be read, or written too. Fails when that is not in time.
  void wait(short events, clock::time_point until);
  void flush(clock::time_point until);
  result_ptr next_result(clock::time_point until);
  /// Whether something comes from the server so soon that those who have rows already do well to wait for it.
  bool comes_soon();
  sql_result read_copied(std::size_t bytes, clock::time_point until);
  sql_result read_rows(std::size_t bytes, clock::time_point until);
  /// The next row of a COPY; nothing when all have come.
  std::optional<std::string_view> next_row(clock::time_point until);
  /// Takes the result of the whole statement, after which the connection takes the next.
  std::size_t end(clock::time_point until);
  /// Ends it with the error that the server has for it, or else with the loss of the connection.
  [[noreturn]] void fail();
  [[noreturn]] void fail_late();
  [[noreturn]] void refuse_kind();
  /// Ends it if it has not ended. False when that did not go, and the connection is cut off.
  bool abandon() noexcept;
  bool settle(clock::time_point until) noexcept;
  void cancel() noexcept;

  PGconn* const connection_;
  pg_diagnostics& said_;
  const std::function<error()> describe_loss_;
  const kind kind_;
  bool ended_ = false;
  std::unique_ptr<char, decltype(&PQfreemem)> row_{nullptr, PQfreemem};
  std::optional<std::vector<std::string>> columns_;  ///< Of copy_out, once its header has come.
};

}  // namespace streamspace
