#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace streamspace {

/// Why something was refused or failed. Stable: the numbers travel between nodes, the names stand in problem documents.
enum class ec : std::uint8_t {
  invalid_argument = 1,  ///< The caller's input is wrong; the message says where and how to mend it.
  not_found,             ///< What was named does not exist.
  already_exists,        ///< A name or id is taken.
  conflict,              ///< The operation does not fit the present state (enabling what is loading, say).
  unauthenticated,       ///< No credentials, or none that hold.
  permission_denied,     ///< Known caller, but not allowed to do this.
  timeout,               ///< The deadline passed; what was asked may or may not have happened.
  unavailable,           ///< Not now: disabled, restarting, shutting down, or the other side is unreachable.
  would_deadlock,        ///< Waiting for this would wait for the caller itself.
  not_in_turn,           ///< A call that is allowed only inside the plugin's own turn was made outside of it.
  plugin_failed,         ///< A plugin's code returned an error or threw.
  plugin_incompatible,   ///< A plugin cannot run here; the message says what differs.
  database_unreachable,  ///< No connection to PostgreSQL.
  database_error,        ///< PostgreSQL refused a statement; see database_error.
  data_folder_in_use,    ///< Another process works in the data folder.
  io_error,              ///< A file, socket or process could not be used.
  internal,              ///< A fault of ours.
  quota_exceeded,        ///< It would take more room than is allowed; the message says how much is used.
};

/// The name of a code as it stands in problem documents and logs ("not_found").
std::string_view to_string(ec code) noexcept;

/// The one error type at public borders: a code to branch on, a message for people (what happened, to what, what to
/// do), and facts for programs as name and value. It is thrown by blocking calls and handed over inside result<T> by
/// the others.
class error : public std::exception {
 public:
  using facts = std::vector<std::pair<std::string, std::string>>;

  error(ec code, std::string message, facts context = {})
      : code_{code}, message_{std::move(message)}, context_{std::move(context)} {}

  ec code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const facts& context() const noexcept { return context_; }
  /// The value of a fact, or nothing ("") when the error does not carry it.
  std::string_view fact(std::string_view name) const noexcept;
  const char* what() const noexcept override { return message_.c_str(); }

  friend bool operator==(const error& a, const error& b) noexcept {
    return a.code_ == b.code_ && a.message_ == b.message_ && a.context_ == b.context_;
  }

 private:
  ec code_;
  std::string message_;
  facts context_;
};

/// A statement that PostgreSQL refused. Facts: "sqlstate", and where the server says so "constraint" and "position".
class database_error : public error {
 public:
  explicit database_error(error e) : error{std::move(e)} {}

  /// Five characters, as in the PostgreSQL manual, appendix A ("42501").
  std::string_view sqlstate() const noexcept { return fact("sqlstate"); }
  std::string_view constraint() const noexcept { return fact("constraint"); }
};

/// A value or the error that stands in its place.
template <class T>
using result = tl::expected<T, error>;

/// An error in the shape that result<T> takes.
inline tl::unexpected<error> failure(ec code, std::string message, error::facts context = {}) {
  return tl::unexpected<error>{error{code, std::move(message), std::move(context)}};
}

/// Throws `e` as the class that says most about it (database_error where it is one).
[[noreturn]] void raise(error e);

/// The value, or the error thrown.
template <class T>
T value_or_raise(result<T> r) {
  if (!r) raise(std::move(r).error());
  if constexpr (!std::is_void_v<T>) return std::move(*r);
}

/// What an exception in flight says, for logs and collected errors: the type's name and the text. Call it inside a
/// catch block.
struct exception_text {
  std::string type;
  std::string what;
};
exception_text describe_current_exception() noexcept;

}  // namespace streamspace
