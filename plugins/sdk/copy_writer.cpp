#include <streamspace/messages/copy_text.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/messages/sql_text.hpp>
#include <streamspace/plugins/sdk/copy_writer.hpp>

namespace streamspace {

namespace {

/// Of rows, before they are sent.
constexpr std::size_t bytes_a_part = 64 * 1024;

std::string statement_for(std::string_view table, const std::vector<std::string>& columns) {
  std::string text{"COPY "};
  text += table;
  for (const auto& column : columns) text += (&column == &columns.front() ? " (" : ", ") + quote_identifier(column);
  return text + (columns.empty() ? "" : ")") + " FROM STDIN (FORMAT text, ENCODING 'UTF8')";
}

}  // namespace

copy_writer::copy_writer(sql_transaction& port, std::string_view table, std::vector<std::string> columns)
    : columns_{std::move(columns)}, port_{port.copy_in(statement_for(table, columns_))} {}

void copy_writer::row(const sql_params& values) {
  if (finished_) throw error{ec::conflict, "the COPY is finished and takes no more rows"};
  const auto refuse = [&](const std::string& why) {
    throw error{ec::invalid_argument, "row " + std::to_string(rows_ + 1) + " of the COPY " + why};
  };
  if (!columns_.empty() && values.size() != columns_.size())
    refuse("has " + std::to_string(values.size()) + " values for " + std::to_string(columns_.size()) + " columns");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& text = values[i].text();
    const auto fault = text ? why_not_sql_text(*text) : std::nullopt;
    if (!fault) continue;
    const auto name = columns_.empty() ? "value " + std::to_string(i + 1) : "column '" + columns_[i] + "'";
    refuse("cannot be held by PostgreSQL: " + name + " " + *fault);
  }
  append_copy_row(part_, values);
  ++rows_;
  if (part_.size() >= bytes_a_part) port_->write(std::exchange(part_, {}));
}

std::size_t copy_writer::finish() {
  if (finished_) throw error{ec::conflict, "the COPY is finished already"};
  finished_ = true;
  if (!part_.empty()) port_->write(std::move(part_));
  return port_->finish();
}

}  // namespace streamspace
