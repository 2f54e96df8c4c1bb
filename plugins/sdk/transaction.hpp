#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/plugins/sdk/copy_writer.hpp>
#include <streamspace/plugins/sdk/row_stream.hpp>

namespace streamspace {

/// What a transaction sees of others that run at the same time (PostgreSQL manual, 13.2).
enum class isolation : std::uint8_t { read_committed, repeatable_read, serializable };

struct transaction_options {
  isolation level = isolation::read_committed;
  bool read_only = false;
  /// How often it is tried again, from its beginning and after a short random pause, when PostgreSQL ended it for the
  /// sake of another one (SQLSTATE 40001 and 40P01). What it does besides SQL happens as often.
  unsigned retries = 0;
};

/// The statements of one transaction (plugin_database::transaction). Parameters are $1, $2, ...
class transaction {
 public:
  transaction(sql_transaction& port, std::string plugin) noexcept : port_{port}, plugin_{std::move(plugin)} {}
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

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
  /// Several statements without parameters.
  void script(const std::string& statements) { port_.run_script(statements); }

  /// Many rows into a table: to what this gives, row after row is written. The table is SQL of the plugin's author
  /// ("metrics", database().table("metrics")), never of a user; the columns are names, exactly as they are.
  copy_writer copy_into(std::string_view table, std::vector<std::string> columns) {
    return copy_writer{port_, table, std::move(columns)};
  }
  /// Many rows of a query, which takes no parameters ("SELECT ...", "TABLE metrics"), one after the other:
  /// for (auto row : tx.copy_out("TABLE metrics")) row.get<int>("value"). Nothing else runs in the transaction until
  /// the last row has come (conflict); one that is left before has the transaction rolled back. The transaction must
  /// outlive it.
  row_stream copy_out(const std::string& query) {
    return row_stream{port_.copy_out("COPY (" + query + "\n) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')")};
  }
  /// Emits "plugin.{name}.{event}" if and only if this transaction commits: it is written to the event log here, and
  /// subscribers hear of it after the commit. Errors: invalid_argument when the name is no event type or the data is
  /// too large for the log.
  void emit(std::string_view event_name, json data = json::object());

  /// Calls body(). When it throws, what it did in the database is taken back and the transaction can go on, unless the
  /// connection is lost; the exception goes on. What body returns is returned. They may be nested.
  template <class Body>
  auto savepoint(Body&& body) -> std::invoke_result_t<Body> {
    const level here{*this};
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
        std::forward<Body>(body)();
        here.release();
      } else {
        auto value = std::forward<Body>(body)();
        here.release();
        return value;
      }
    } catch (...) {
      here.roll_back();
      throw;
    }
  }

 private:
  /// One savepoint, named after how many it stands in.
  class level {
   public:
    explicit level(transaction& owner)
        : owner_{owner},
          name_{"streamspace_" + std::to_string(++owner.depth_)},
          emitted_before_{owner.emitted_.size()} {
      owner_.port_.execute({"SAVEPOINT " + name_, {}});
    }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    ~level() { --owner_.depth_; }

    void release() const { owner_.port_.execute({"RELEASE SAVEPOINT " + name_, {}}); }
    void roll_back() const {
      owner_.port_.roll_back_to(name_);
      while (owner_.emitted_.size() > emitted_before_) owner_.emitted_.pop_back();
      release();
    }

   private:
    transaction& owner_;
    const std::string name_;
    const std::size_t emitted_before_;
  };

  friend class plugin_database;

  sql_transaction& port_;
  const std::string plugin_;
  std::vector<event> emitted_;
  unsigned depth_ = 0;
};

}  // namespace streamspace
