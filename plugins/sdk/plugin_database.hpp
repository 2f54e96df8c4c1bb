#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <streamspace/messages/sql.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>
#include <streamspace/plugins/sdk/plugin_migrations.hpp>
#include <streamspace/plugins/sdk/plugin_task.hpp>
#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/sdk/row_stream.hpp>
#include <streamspace/plugins/sdk/transaction.hpp>

namespace streamspace {

/// SQL for a plugin. Calls block, at most for the deadline, but for those with _then and co_ in their names; any
/// thread. Parameters are $1, $2, ... and never part of the text. Errors: database_error (SQLSTATE), error with
/// timeout, database_unreachable, invalid_argument.
class plugin_database {
 public:
  /// `log` is null where there is no event log.
  plugin_database(std::string plugin, std::shared_ptr<sql_executor> executor, sql_deadline deadline,
                  std::shared_ptr<awaited_reports> awaited, std::shared_ptr<event_log_port> log = nullptr)
      : plugin_{std::move(plugin)},
        executor_{std::move(executor)},
        deadline_{deadline},
        awaited_{std::move(awaited)},
        log_{std::move(log)} {}

  /// Rows affected.
  template <class... Args>
  std::size_t exec(std::string sql, Args&&... args) {
    return executor_->execute({std::move(sql), {sql_param{std::forward<Args>(args)}...}}, deadline_).affected();
  }
  /// Rows one after the other, in O(1) memory: for (auto row : db.query("SELECT ...", x)) row.get<int>("n"), or as
  /// tuples: for (const auto& [id, name] : db.query("SELECT id, name FROM t").as<int, std::string>()). The
  /// statement commits by itself; whether one that changes rows took effect is certain only once its last row has come.
  template <class... Args>
  row_stream query(std::string sql, Args&&... args) {
    return row_stream{executor_->stream({std::move(sql), {sql_param{std::forward<Args>(args)}...}}, deadline_)};
  }
  /// All rows, in memory: for answers that are known to be small.
  template <class... Args>
  sql_result query_all(std::string sql, Args&&... args) {
    return executor_->execute({std::move(sql), {sql_param{std::forward<Args>(args)}...}}, deadline_);
  }
  /// The first row, or nothing.
  template <class... Args>
  std::optional<sql_row> query_row(std::string sql, Args&&... args) {
    const auto rows = query_all(std::move(sql), std::forward<Args>(args)...);
    if (rows.empty()) return std::nullopt;
    return rows[0];
  }
  /// Asks for all rows, as query_all, and returns at once: db.query_then({"SELECT ... $1", {x}}, [](auto rows) {...}).
  /// `done` is called with the rows or the error, in the plugin's turn, after what waited for the plugin then; what it
  /// registers and throws is treated as a handler's. When the plugin ends or crashes before, `done` is not called but
  /// destroyed, in its last turn. Several statements may run at the same time, in any order: what depends on another
  /// one is asked for in its `done`. Errors: invalid_argument; unavailable when the plugin waits for too much already
  /// (65,536).
  void query_then(sql_statement statement, std::function<void(result<sql_result>)> done);
  /// The same for a statement of which only the rows affected are wanted.
  void exec_then(sql_statement statement, std::function<void(result<std::size_t>)> done);
  /// The same in a coroutine (plugin_task), which reads as with the blocking calls, errors included:
  /// auto rows = co_await db.co_query("SELECT ... $1", x).
  template <class... Args>
  plugin_awaitable<sql_result> co_query(std::string sql, Args&&... args) {
    return awaitable_query({std::move(sql), {sql_param{std::forward<Args>(args)}...}});
  }
  template <class... Args>
  plugin_awaitable<std::size_t> co_exec(std::string sql, Args&&... args) {
    return awaitable_exec({std::move(sql), {sql_param{std::forward<Args>(args)}...}});
  }
  /// Calls body(transaction&), commits when it returns, rolls back when it throws (and throws on). What body returns is
  /// returned.
  template <class Body>
  auto transaction(Body&& body) -> std::invoke_result_t<Body, streamspace::transaction&> {
    return once({}, body);
  }
  template <class Body>
  auto transaction(transaction_options how, Body&& body) -> std::invoke_result_t<Body, streamspace::transaction&> {
    for (unsigned attempt = 0;; ++attempt) {
      try {
        return once(how, body);
      } catch (const database_error& e) {
        if (attempt == how.retries || !was_in_anothers_way(e)) throw;
      }
      pause_before_retry(attempt);
    }
  }
  /// Makes the table unless it is there: create_table("metrics", "id bigserial PRIMARY KEY, value int"). The columns
  /// are SQL of the plugin's author, never of a user.
  void create_table(std::string_view table_name, std::string_view columns);
  /// Runs a script of several statements, all of it or nothing.
  void migrate(const std::string& script);
  /// Brings the plugin's tables up to date and returns the versions that this call applied: what on_load does first.
  /// Each step is one transaction and is done once, whoever else does it at the same time; those before one that fails
  /// stay. Errors: invalid_argument for versions that do not rise, conflict when the database has had another step
  /// under one of these versions or a step that is not among them, and those of the statements, naming the step.
  std::vector<int> migrate(const std::vector<plugin_migration>& steps);
  /// Takes back all steps above this version with what they said of it when they were applied, the last one first; the
  /// versions. Error conflict for a step that cannot be taken back; those above it are then.
  std::vector<int> roll_back(int to_version) {
    return plugin_migrations{plugin_, executor_, deadline_}.roll_back(to_version);
  }
  /// Takes back what migrate() has applied for this load, as far as keep_migrations() was not called. For whoever loads
  /// the plugin. Errors: as roll_back(), and conflict when another host has gone on from there.
  void take_back_migrations();
  void keep_migrations();
  /// The real name of one of this plugin's tables, quoted for SQL: plugin_{plugin}_{table} with hyphens as underscores.
  /// Error invalid_argument when the table's name is no identifier or the whole is longer than PostgreSQL's 63 bytes.
  std::string table(std::string_view table_name) const;

 private:
  template <class Body>
  auto once(const transaction_options& how, Body& body) -> std::invoke_result_t<Body&, streamspace::transaction&> {
    auto port = begin(how);
    streamspace::transaction tx{*port, plugin_};
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, streamspace::transaction&>>) {
      body(tx);
      port->commit();
      tell_of(tx);
    } else {
      auto value = body(tx);
      port->commit();
      tell_of(tx);
      return value;
    }
  }
  plugin_awaitable<sql_result> awaitable_query(sql_statement statement);
  plugin_awaitable<std::size_t> awaitable_exec(sql_statement statement);
  std::unique_ptr<sql_transaction> begin(const transaction_options& how);
  void tell_of(streamspace::transaction& committed);
  static bool was_in_anothers_way(const database_error& e) noexcept;
  static void pause_before_retry(unsigned attempt);

  std::string plugin_;
  std::shared_ptr<sql_executor> executor_;
  sql_deadline deadline_;
  std::shared_ptr<awaited_reports> awaited_;
  std::shared_ptr<event_log_port> log_;
  std::mutex mutex_;
  std::vector<int> migrated_;  ///< What this load has applied.
};

}  // namespace streamspace
