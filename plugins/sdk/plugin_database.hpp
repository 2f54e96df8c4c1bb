#pragma once

#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// The rows of a query, fetched in batches while a loop walks over them, so memory does not grow with the answer. It
/// holds a connection until it is destroyed: walk and let go. One pass. Errors are thrown by begin() and ++.
class row_stream {
 public:
  class iterator {
   public:
    using value_type = sql_row;
    using difference_type = std::ptrdiff_t;
    explicit iterator(row_stream* owner) noexcept : owner_{owner} {}
    sql_row operator*() const { return owner_->batch_[owner_->next_]; }
    iterator& operator++() { return owner_->advance(), *this; }
    void operator++(int) { owner_->advance(); }
    bool operator==(std::default_sentinel_t) const { return owner_->next_ >= owner_->batch_.size(); }

   private:
    row_stream* owner_;
  };

  row_stream(sql_executor& executor, sql_statement statement, sql_deadline deadline);
  iterator begin() { return iterator{this}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance();
  void fetch();

  std::unique_ptr<sql_transaction> transaction_;
  sql_result batch_;
  std::size_t next_ = 0;
};

/// The statements of one transaction (plugin_database::transaction). Parameters are $1, $2, ...
class transaction {
 public:
  explicit transaction(sql_transaction& port) noexcept : port_{port} {}

  /// Rows affected.
  template <class... Args>
  std::size_t exec(std::string sql, Args&&... args) {
    return port_.execute({std::move(sql), {sql_param{std::forward<Args>(args)}...}}).affected();
  }
  /// All rows, in memory.
  template <class... Args>
  sql_result query(std::string sql, Args&&... args) {
    return port_.execute({std::move(sql), {sql_param{std::forward<Args>(args)}...}});
  }
  /// The first row, or nothing.
  template <class... Args>
  std::optional<sql_row> query_row(std::string sql, Args&&... args) {
    const auto rows = query(std::move(sql), std::forward<Args>(args)...);
    if (rows.empty()) return std::nullopt;
    return rows[0];
  }

 private:
  sql_transaction& port_;
};

/// SQL for a plugin. Calls block, at most for the deadline; any thread. Parameters are $1, $2, ... and never part of
/// the text. Errors: database_error (SQLSTATE), error with timeout, database_unreachable, invalid_argument.
class plugin_database {
 public:
  plugin_database(std::string plugin, std::shared_ptr<sql_executor> executor, sql_deadline deadline)
      : plugin_{std::move(plugin)}, executor_{std::move(executor)}, deadline_{deadline} {}

  /// Rows affected.
  template <class... Args>
  std::size_t exec(std::string sql, Args&&... args) {
    return executor_->execute({std::move(sql), {sql_param{std::forward<Args>(args)}...}}, deadline_).affected();
  }
  /// Rows one after the other, in O(1) memory: for (auto row : db.query("SELECT ...", x)) row.get<int>("n").
  template <class... Args>
  row_stream query(std::string sql, Args&&... args) {
    return row_stream{*executor_, {std::move(sql), {sql_param{std::forward<Args>(args)}...}}, deadline_};
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
  /// Calls body(transaction&), commits when it returns, rolls back when it throws (and throws on). What body returns is
  /// returned.
  template <class Body>
  auto transaction(Body&& body) -> std::invoke_result_t<Body, streamspace::transaction&> {
    auto port = executor_->begin(deadline_);
    streamspace::transaction tx{*port};
    if constexpr (std::is_void_v<std::invoke_result_t<Body, streamspace::transaction&>>) {
      std::forward<Body>(body)(tx);
      port->commit();
    } else {
      auto value = std::forward<Body>(body)(tx);
      port->commit();
      return value;
    }
  }
  /// Makes the table unless it is there: create_table("metrics", "id bigserial PRIMARY KEY, value int"). The columns
  /// are SQL of the plugin's author, never of a user.
  void create_table(std::string_view table_name, std::string_view columns);
  /// Runs a script of several statements, all of it or nothing.
  void migrate(const std::string& script);
  /// The real name of one of this plugin's tables, quoted for SQL: plugin_{plugin}_{table} with hyphens as underscores.
  /// Error invalid_argument when the table's name is no identifier or the whole is longer than PostgreSQL's 63 bytes.
  std::string table(std::string_view table_name) const;

 private:
  std::string plugin_;
  std::shared_ptr<sql_executor> executor_;
  sql_deadline deadline_;
};

}  // namespace streamspace
