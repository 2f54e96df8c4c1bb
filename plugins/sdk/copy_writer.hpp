#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// Rows on their way into a table (transaction::copy_into), many times faster than a statement for each:
///
///   auto metrics = tx.copy_into(db.table("metrics"), {"at", "value"});
///   for (const auto& m : measured) metrics.row(m.at, m.value);
///   metrics.finish();
///
/// They are sent in parts of about 64 KiB, so memory does not grow with them, and are there when finish() has returned
/// and the transaction commits. Nothing else runs in the transaction meanwhile (conflict). One that is destroyed
/// unfinished writes nothing, and its transaction can only be rolled back. The transaction must outlive it.
/// Errors, by any call: invalid_argument, which leaves it as it was; those of a statement (database_error with the
/// SQLSTATE), which are said at finish() at the latest and after which the transaction can only be rolled back. The
/// deadline is that of each part, not of the whole.
class copy_writer {
 public:
  /// Without columns it is all of the table's, in its order.
  copy_writer(sql_transaction& port, std::string_view table, std::vector<std::string> columns);
  copy_writer(const copy_writer&) = delete;
  copy_writer& operator=(const copy_writer&) = delete;

  /// A row: what a statement's parameters may be, for each column. Error invalid_argument when it has more or fewer, or
  /// a text in it has a NUL byte or is not UTF-8; the row is not written then, and others may follow.
  template <class... Values>
  requires(std::constructible_from<sql_param, Values>&&...) void row(Values&&... values) {
    row(sql_params{sql_param{std::forward<Values>(values)}...});
  }
  void row(const sql_params& values);

  /// Ends it; how many rows were written.
  std::size_t finish();

 private:
  const std::vector<std::string> columns_;
  std::unique_ptr<sql_copy_in> port_;
  std::string part_;
  std::size_t rows_ = 0;
  bool finished_ = false;
};

}  // namespace streamspace
