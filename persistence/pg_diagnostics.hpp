#pragma once

#include <libpq-events.h>
#include <string>

#include <streamspace/messages/error.hpp>

namespace streamspace {

/// What the server said about the last statement, in full. libpqxx passes on the text and SQLSTATE of an error only, so
/// this listens to libpq itself: every result of a connection is shown to the listener before libpqxx sees it. For .cpp
/// files of this folder only.
class pg_diagnostics {
 public:
  /// Listens to all results of `connection`, which must not outlive this object. False when out of memory.
  bool listen_to(PGconn* connection) noexcept;

  void clear() noexcept;

  /// Frees the last result if nobody has. libpqxx 6.4 forgets it when the connection is lost; call this when no object
  /// of libpqxx holds it any more.
  void free_forgotten_result() noexcept;

  /// The command that the server carried out ("INSERT 0 1", "ROLLBACK").
  const std::string& command() const noexcept { return command_; }
  /// The server's words for the error; empty without one.
  const std::string& message() const noexcept { return message_; }
  const std::string& sqlstate() const noexcept { return sqlstate_; }

  /// The server's error as ours: timeout for 57014, else database_error.
  error to_error() const;

 private:
  static int on_event(PGEventId id, void* info, void* self) noexcept;
  void read(const PGresult* result);

  const PGresult* last_result_ = nullptr;  ///< Until it is freed.
  std::string command_;
  std::string message_;
  std::string sqlstate_;
  error::facts details_;
};

}  // namespace streamspace
