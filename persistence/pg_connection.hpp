#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// One connection to PostgreSQL: UTF-8, UTC, ISO dates. For one thread at a time, but for cancel() and sever(). Every
/// call blocks its thread until the server has answered.
///
/// Errors of all calls: database_error for what the server refused, with the facts sqlstate, message (the server's own
/// words) and, where the server names them, constraint, table, column, position (1-based, in characters of the
/// statement), detail and hint; error with
/// - timeout: the statement's time was up or cancel() came (SQLSTATE 57014); the statement had no effect
/// - database_unreachable: the connection could not be made or is lost; the statement may have had its effect
/// - invalid_argument: nothing was sent, because the text or a parameter has a NUL byte or is not UTF-8
class pg_connection {
 public:
  /// Connects to what `url` names (libpq's URL or name=value form, its environment and password file included), within
  /// `connect_timeout`; only the look-up of a host's name may take longer.
  /// Errors: database_unreachable with the facts host, port, database, user and reason, none of them the password.
  explicit pg_connection(const std::string& url, std::chrono::milliseconds connect_timeout);
  ~pg_connection();
  pg_connection(pg_connection&&) noexcept;
  pg_connection& operator=(pg_connection&&) noexcept;

  /// So many texts are prepared at once, those used last. One that comes again is prepared then, unless the server
  /// makes no plan for it or it is very long; what was prepared is still there after a reset. A statement whose plan
  /// has become invalid, because a table's columns have changed or somebody has deallocated it, is run anew outside of
  /// a transaction; within one its error (SQLSTATE 0A000 or 26000) goes on, and it succeeds in the next.
  static constexpr std::size_t most_prepared = 128;

  /// Runs one statement; outside of a transaction it commits by itself. The server ends it after `statement_timeout`,
  /// counted from its arrival there. Another value than last time costs a round trip, so callers do well to use few
  /// values.
  sql_result execute(const sql_statement& statement, std::chrono::milliseconds statement_timeout);

  /// The same, with the statement prepared when its text first comes: for texts that come again and again.
  sql_result execute_prepared(const sql_statement& statement, std::chrono::milliseconds statement_timeout);

  /// Runs a text of any number of statements without parameters; unless it says BEGIN and COMMIT itself, all of it is
  /// one transaction.
  void execute_script(const std::string& script, std::chrono::milliseconds statement_timeout);

  void begin(std::chrono::milliseconds statement_timeout);
  /// Throws database_error (SQLSTATE 25P02) when a statement had failed, and all is rolled back instead. A connection
  /// lost here leaves it unknown whether the transaction took place: the error then has the fact in_doubt.
  void commit(std::chrono::milliseconds statement_timeout);
  void rollback(std::chrono::milliseconds statement_timeout);
  bool in_transaction() const noexcept;

  /// Statements whose rows go or come part by part. Here the deadline is that of each step, however long the whole
  /// takes. Until one has ended nothing else runs (conflict). An error ends it, and its transaction can only be rolled
  /// back; what the server has against it or one of its rows may be said at any later step.
  /// Begins COPY ... FROM STDIN in text format, within a transaction.
  void begin_copy_in(const std::string& statement, std::chrono::milliseconds deadline);
  /// Sends a part of its rows, cut anywhere.
  void write_rows(std::string_view part, std::chrono::milliseconds deadline);
  /// The rows that were written.
  std::size_t finish_rows(std::chrono::milliseconds deadline);
  /// Begins COPY ... TO STDOUT in CSV format with a header, within a transaction.
  void begin_copy_out(const std::string& statement, std::chrono::milliseconds deadline);
  /// Begins any other statement; outside of a transaction it commits by itself once all rows have come.
  void begin_stream(const sql_statement& statement, std::chrono::milliseconds deadline);
  /// The next rows of one that gives some, about 256 KiB of them, or fewer rather than to wait for long; none when all
  /// have come, which ends it.
  sql_result read_rows(std::chrono::milliseconds deadline);
  /// Cancels what is under way.
  void give_up_rows() noexcept;

  /// Ends the transaction if one is open and takes back what the last user did to the session: settings, role, locks,
  /// temporary tables, cursors, statements that he has prepared by PREPARE, LISTEN. One round trip, and one more for
  /// each of these statements.
  void reset(std::chrono::milliseconds statement_timeout);

  /// What the server keeps of a role's password, made here so that the password itself is in no statement and in no
  /// log of the server.
  std::string password_verifier(const std::string& role, const std::string& password);

  /// Whether the connection can take a statement, as far as can be seen without asking the server. False once it is
  /// lost, also when the server closed it while nobody used it.
  bool usable() const noexcept;

  /// Asks the server to stop the statement that now runs here, which then ends with timeout. From any thread; opens a
  /// connection of its own and blocks until the server has taken the request. One that comes too late may hit the next
  /// statement.
  void cancel() noexcept;

  /// Breaks the connection: a call that runs ends with database_unreachable now, even if the server answers nothing any
  /// more. From any thread; does not block.
  void sever() noexcept;

  /// Whom the connection is to, for messages: "database 'd' as user 'u' at host:5432".
  const std::string& description() const noexcept;

 private:
  class session;
  std::unique_ptr<session> session_;
};

}  // namespace streamspace
