#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// A parameter of a statement as PostgreSQL's text format, or NULL. Text with a NUL byte or that is not UTF-8 is
/// refused by the server's side of persistence with ec::invalid_argument.
class sql_param {
 public:
  sql_param(std::nullopt_t) {}
  sql_param(std::nullptr_t) {}
  sql_param(std::string text) : text_{std::move(text)} {}
  sql_param(std::string_view text) : text_{text} {}
  sql_param(const char* text) : text_{text} {}
  sql_param(bool value) : text_{value ? "t" : "f"} {}
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>) sql_param(T value)
      : text_{std::to_string(value)} {}
  sql_param(double value);
  sql_param(timestamp value) : text_{to_rfc3339(value)} {}
  /// Throws error (invalid_argument) when a text in it is not UTF-8.
  sql_param(const json& value);
  template <class T>
  sql_param(const std::optional<T>& value) {
    if (value) *this = sql_param{*value};
  }

  const std::optional<std::string>& text() const noexcept { return text_; }

 private:
  std::optional<std::string> text_;
};

using sql_params = std::vector<sql_param>;

/// One statement with $1, $2, ... for its parameters.
struct sql_statement {
  std::string text;
  sql_params params;
};

/// What a column's name and value are as text; the shared part of all rows of one answer.
class sql_table {
 public:
  sql_table() = default;
  sql_table(std::vector<std::string> names, const std::vector<std::optional<std::string>>& cells, std::size_t row_count,
            std::size_t affected_rows);

  /// The next cell, row after row; nothing for NULL.
  void add(std::optional<std::string_view> cell) {
    if (cell) text_ += *cell;
    ends_.push_back(text_.size() << 1U | (cell ? 0U : 1U));
  }
  void reserve(std::size_t cells) { ends_.reserve(cells); }

  /// Nothing for NULL.
  std::optional<std::string_view> cell(std::size_t number) const noexcept {
    if ((ends_[number] & 1U) != 0) return std::nullopt;
    const auto begin = number == 0 ? 0 : ends_[number - 1] >> 1U;
    return std::string_view{text_}.substr(begin, (ends_[number] >> 1U) - begin);
  }
  /// Of all texts together.
  std::size_t bytes() const noexcept { return text_.size(); }

  std::vector<std::string> columns;
  std::size_t rows = 0;
  std::size_t affected = 0;  ///< Rows changed by INSERT, UPDATE, DELETE; rows returned for SELECT.

 private:
  std::string text_;
  std::vector<std::size_t> ends_;  ///< Where the text of each cell ends, doubled, and 1 more if it is NULL.
};

namespace detail {
[[noreturn]] void sql_wrong_width(std::size_t types, std::size_t columns);
}

/// One row of an answer. It shares the answer's data, so it may outlive the sql_result it came from.
class sql_row {
 public:
  sql_row(std::shared_ptr<const sql_table> table, std::size_t index) : table_{std::move(table)}, index_{index} {}

  std::size_t size() const noexcept { return table_->columns.size(); }
  bool is_null(std::size_t column) const { return !cell(column).has_value(); }
  bool is_null(std::string_view column) const { return is_null(index_of(column)); }

  /// The cell as T: std::string, bool, an integer, double, timestamp, json, or std::optional of one of them (nothing
  /// for NULL). Throws error: not_found for an unknown column, invalid_argument when the text is no T or is NULL.
  template <class T, class Column>
  T get(Column column) const;

  /// All cells, one type for each: auto [id, name] = row.as<int, std::string>(). Throws as get() does, and
  /// invalid_argument when there are not so many columns.
  template <class... Ts>
  std::tuple<Ts...> as() const {
    if (sizeof...(Ts) != size()) detail::sql_wrong_width(sizeof...(Ts), size());
    return cells_as<Ts...>(std::index_sequence_for<Ts...>{});
  }

  /// The cell's text, there as long as any row of the answer is; nullopt for NULL.
  std::optional<std::string_view> cell(std::size_t column) const;
  std::optional<std::string_view> cell(std::string_view column) const { return cell(index_of(column)); }
  std::size_t index_of(std::string_view column) const;

 private:
  template <class... Ts, std::size_t... Column>
  std::tuple<Ts...> cells_as(std::index_sequence<Column...>) const {
    return std::tuple<Ts...>{get<Ts>(Column)...};
  }

  std::shared_ptr<const sql_table> table_;
  std::size_t index_;
};

/// The rows of an answer, all in memory.
class sql_result {
 public:
  using value_type = sql_row;

  sql_result() : table_{std::make_shared<sql_table>()} {}
  explicit sql_result(sql_table table) : table_{std::make_shared<const sql_table>(std::move(table))} {}

  std::size_t size() const noexcept { return table_->rows; }
  bool empty() const noexcept { return table_->rows == 0; }
  /// Rows changed by INSERT, UPDATE or DELETE; rows returned by SELECT.
  std::size_t affected() const noexcept { return table_->affected; }
  const std::vector<std::string>& columns() const noexcept { return table_->columns; }
  /// Of the texts of all cells together.
  std::size_t bytes() const noexcept { return table_->bytes(); }
  sql_row operator[](std::size_t row) const { return {table_, row}; }

  class iterator {
   public:
    using value_type = sql_row;
    using difference_type = std::ptrdiff_t;
    iterator(const sql_result* owner, std::size_t row) : owner_{owner}, row_{row} {}
    sql_row operator*() const { return (*owner_)[row_]; }
    iterator& operator++() { return ++row_, *this; }
    iterator operator++(int) { return {owner_, row_++}; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.row_ == b.row_; }

   private:
    const sql_result* owner_;
    std::size_t row_;
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size()}; }

 private:
  std::shared_ptr<const sql_table> table_;
};

/// How long a database call may take, from the moment it is made.
using sql_deadline = std::chrono::milliseconds;

/// A COPY into a table (sql_transaction::copy_in). Destroyed unfinished it is cancelled, and its transaction can only
/// be rolled back. Not thread-safe; errors as sql_transaction.
class sql_copy_in {
 public:
  virtual ~sql_copy_in() = default;
  /// A part of the rows in COPY's text format, cut anywhere; maybe without waiting until it is sent.
  virtual void write(std::string part) = 0;
  /// Ends it; how many rows were written.
  virtual std::size_t finish() = 0;
};

/// The rows of a statement as they come (sql_executor::stream, sql_transaction::copy_out). Destroyed before the last
/// one has come the statement is cancelled, and so is what it did; its transaction, if it is part of one, can only be
/// rolled back. Not thread-safe; errors as sql_transaction.
class sql_row_batches {
 public:
  virtual ~sql_row_batches() = default;
  /// The next rows, about 256 KiB of them, or fewer rather than to wait for long; none when all have come.
  virtual sql_result next() = 0;
};

/// A transaction on a connection of its own. Destroyed without commit() it is rolled back. Not thread-safe.
/// Errors are thrown: database_error (SQLSTATE), error with timeout, database_unreachable or unavailable. After any
/// error only the destructor is of use, and roll_back_to() while the connection lives.
class sql_transaction {
 public:
  virtual ~sql_transaction() = default;
  virtual sql_result execute(const sql_statement& statement) = 0;
  /// Several statements without parameters.
  virtual void run_script(const std::string& script) = 0;
  /// Begin a COPY ... FROM STDIN in text format, or a COPY ... TO STDOUT in CSV format with a header. Until it has
  /// ended nothing else runs in the transaction (conflict). The deadline is that of each step.
  virtual std::unique_ptr<sql_copy_in> copy_in(const std::string&) { refuse_copy(); }
  virtual std::unique_ptr<sql_row_batches> copy_out(const std::string&) { refuse_copy(); }
  /// Takes back all since the statement SAVEPOINT of this name, errors too.
  virtual void roll_back_to(const std::string& savepoint) = 0;
  virtual void commit() = 0;

 private:
  [[noreturn]] static void refuse_copy() { throw error{ec::unavailable, "COPY is not available here"}; }
};

/// Runs SQL and, unless a call says otherwise, blocks the caller until the answer, at most for the deadline.
/// Thread-safe. Errors as sql_transaction.
class sql_executor {
 public:
  virtual ~sql_executor() = default;
  /// One statement, committed by itself.
  virtual sql_result execute(const sql_statement& statement, sql_deadline deadline) = 0;
  /// The same without blocking the caller, where there is a way. `done` is called once, on any thread, maybe within
  /// this call, with the answer or the error; it must neither block nor throw. Several statements may run at the same
  /// time, in any order.
  virtual void execute_then(sql_statement statement, sql_deadline deadline,
                            std::function<void(result<sql_result>)> done);
  /// A transaction; the deadline is that of each statement in it.
  virtual std::unique_ptr<sql_transaction> begin(sql_deadline deadline) = 0;
  /// One statement, committed by itself, whose rows are handed out as they come, unless they are all in memory anyway.
  /// The deadline is that of each batch, however long the whole takes.
  virtual std::unique_ptr<sql_row_batches> stream(const sql_statement& statement, sql_deadline deadline);
  /// Several statements without parameters, all or nothing.
  virtual void run_script(const std::string& script, sql_deadline deadline) = 0;
};

namespace detail {

template <class T>
T sql_read(std::string_view text);
template <>
std::string sql_read<std::string>(std::string_view text);
template <>
bool sql_read<bool>(std::string_view text);
template <>
double sql_read<double>(std::string_view text);
template <>
json sql_read<json>(std::string_view text);
template <>
timestamp sql_read<timestamp>(std::string_view text);
template <>
long long sql_read<long long>(std::string_view text);

[[noreturn]] void sql_null_cell(std::string_view column);
[[noreturn]] void sql_out_of_range(std::string_view text);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
T sql_convert(std::string_view text) {
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    const auto wide = sql_read<long long>(text);
    if (!std::in_range<T>(wide)) sql_out_of_range(text);
    return static_cast<T>(wide);
  } else {
    return sql_read<T>(text);
  }
}

}  // namespace detail

template <class T, class Column>
T sql_row::get(Column column) const {
  const auto text = cell(column);
  if constexpr (detail::is_optional<T>::value) {
    if (!text) return std::nullopt;
    return detail::sql_convert<typename T::value_type>(*text);
  } else {
    if (!text) {
      if constexpr (std::convertible_to<Column, std::string_view>)
        detail::sql_null_cell(column);
      else
        detail::sql_null_cell(table_->columns[static_cast<std::size_t>(column)]);
    }
    return detail::sql_convert<T>(*text);
  }
}

}  // namespace streamspace
