#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <streamspace/messages/page.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// SELECT of one page together with the count of all, both from the same moment. `condition` (may be empty) uses the
/// `params`. Errors: invalid_argument for a page or limit out of range.
sql_statement select_page(const std::string& columns, const std::string& table, const std::string& condition,
                          const std::string& order, sql_params params, page_request wanted);

/// Reads what a select_page() statement answered; `read` makes a T of a row.
template <class T, class Read>
page_of<T> read_page(const sql_result& answer, Read&& read) {
  page_of<T> page;
  for (const auto row : answer) {
    page.total = row.get<std::uint64_t>("total");
    // Past the last page the count comes alone.
    if (!row.is_null("id")) page.items.push_back(read(row));
  }
  return page;
}

/// An UPDATE of some columns of one row.
class sql_update {
 public:
  /// Sets `column` to the value.
  void set(const std::string& column, sql_param value);
  /// Sets `column` to an expression in which $ stands for the value.
  void set(const std::string& column, const std::string& expression, sql_param value);
  bool empty() const noexcept { return params_.empty(); }

  /// UPDATE `table` ... WHERE id = `id` RETURNING `columns`.
  sql_statement where_id(const std::string& table, const std::string& id, const std::string& columns) const;

 private:
  std::string assignments_;
  sql_params params_;
};

}  // namespace streamspace
