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

/// A COPY on an open connection, by libpq itself: libpqxx has no deadline for its steps. For .cpp files of this folder
/// only.
///
/// The server's own time limit counts from the beginning of the statement, so it is to be off; here each step has its
/// deadline, and a step that misses it ends the COPY. Errors of the steps, all of which end the COPY: database_error,
/// timeout, database_unreachable.
class pg_copy {
 public:
  enum class direction : std::uint8_t { in, out };

  /// Begins the COPY that `statement` is. Error invalid_argument when it is none of this direction; nothing was done
  /// then. `said` listens to the connection; `describe_loss` says what became of a connection that is lost.
  pg_copy(PGconn* connection, pg_diagnostics& said, std::function<error()> describe_loss, direction where,
          const std::string& statement, std::chrono::milliseconds deadline);
  pg_copy(const pg_copy&) = delete;
  pg_copy& operator=(const pg_copy&) = delete;
  /// Cancels it unless it has ended; if the server does not answer to that in time, the connection is lost.
  ~pg_copy();

  /// Sends a part of the rows in COPY's text format, cut anywhere.
  void write(std::string_view part, std::chrono::milliseconds deadline);
  /// Ends it; the rows that were written.
  std::size_t finish(std::chrono::milliseconds deadline);

  /// The next whole rows of a COPY in CSV format with a header, so many bytes or one row; empty when all have come. The
  /// function makes them readable, on any thread.
  std::function<sql_result()> read(std::size_t bytes, std::chrono::milliseconds deadline);

  bool has_ended() const noexcept { return ended_; }

 private:
  using clock = std::chrono::steady_clock;
  using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

  /// Waits until the socket may be read, or written too. Fails when that is not in time.
  void wait(short events, clock::time_point until);
  void flush(clock::time_point until);
  result_ptr next_result(clock::time_point until);
  /// The next row; nothing when all have come.
  std::optional<std::string_view> next_row(clock::time_point until);
  /// Takes the result of the whole statement, after which the connection takes the next.
  std::size_t end(clock::time_point until);
  /// Ends it with the error that the server has for it, or else with the loss of the connection.
  [[noreturn]] void fail();
  [[noreturn]] void fail_late();
  /// Ends it if it has not ended. False when that did not go, and the connection is cut off.
  bool abandon() noexcept;
  bool settle(clock::time_point until) noexcept;
  void cancel() noexcept;

  PGconn* const connection_;
  pg_diagnostics& said_;
  const std::function<error()> describe_loss_;
  const direction direction_;
  bool ended_ = false;
  std::unique_ptr<char, decltype(&PQfreemem)> row_{nullptr, PQfreemem};
  std::shared_ptr<const std::vector<std::string>> columns_;  ///< Once the header has come.
};

}  // namespace streamspace
