#include <charconv>
#include <utility>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

namespace {

[[noreturn]] void not_a(std::string_view what, std::string_view text) {
  throw error{ec::invalid_argument, "the cell '" + std::string{text.substr(0, 80)} + "' is not " + std::string{what}};
}

/// An answer that is there already.
class whole_answer final : public sql_row_batches {
 public:
  explicit whole_answer(sql_result rows) : rows_{std::move(rows)} {}
  sql_result next() override { return std::exchange(rows_, {}); }

 private:
  sql_result rows_;
};

}  // namespace

sql_param::sql_param(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  text_.emplace(text, end);
}

sql_param::sql_param(const json& value) {
  try {
    text_ = value.dump();
  } catch (const json::type_error& e) {
    throw error{ec::invalid_argument, std::string{"the JSON value cannot be sent: "} + e.what()};
  }
}

sql_table::sql_table(std::vector<std::string> names, const std::vector<std::optional<std::string>>& cells,
                     std::size_t row_count, std::size_t affected_rows)
    : columns{std::move(names)}, rows{row_count}, affected{affected_rows} {
  for (const auto& cell : cells) add(cell);
}

std::optional<std::string_view> sql_row::cell(std::size_t column) const {
  if (column >= table_->columns.size())
    throw error{ec::not_found, "the answer has " + std::to_string(table_->columns.size()) +
                                   " columns, none has index " + std::to_string(column)};
  return table_->cell(index_ * table_->columns.size() + column);
}

std::size_t sql_row::index_of(std::string_view column) const {
  for (std::size_t i = 0; i < table_->columns.size(); ++i)
    if (table_->columns[i] == column) return i;
  throw error{ec::not_found, "the answer has no column '" + std::string{column} + "'"};
}

void sql_executor::execute_then(sql_statement statement, sql_deadline deadline,
                                std::function<void(result<sql_result>)> done) {
  result<sql_result> answer;
  try {
    answer = execute(statement, deadline);
  } catch (const error& e) {
    answer = tl::unexpected<error>{e};
  }
  done(std::move(answer));
}

std::unique_ptr<sql_row_batches> sql_executor::stream(const sql_statement& statement, sql_deadline deadline) {
  return std::make_unique<whole_answer>(execute(statement, deadline));
}

namespace detail {

void sql_wrong_width(std::size_t types, std::size_t columns) {
  throw error{ec::invalid_argument, "a row of " + std::to_string(columns) + " columns cannot be read as " +
                                        std::to_string(types) + " values; name a type for each column"};
}

void sql_null_cell(std::string_view column) {
  throw error{ec::invalid_argument,
              "column '" + std::string{column} + "' is NULL; read it as std::optional to allow that"};
}

void sql_out_of_range(std::string_view text) {
  throw error{ec::invalid_argument, "the cell '" + std::string{text} + "' does not fit the integer type asked for"};
}

template <>
std::string sql_read<std::string>(std::string_view text) {
  return std::string{text};
}

template <>
bool sql_read<bool>(std::string_view text) {
  if (text == "t" || text == "true") return true;
  if (text == "f" || text == "false") return false;
  not_a("a boolean", text);
}

template <>
double sql_read<double>(std::string_view text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) not_a("a number", text);
  return value;
}

template <>
long long sql_read<long long>(std::string_view text) {
  long long value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) not_a("an integer", text);
  return value;
}

template <>
json sql_read<json>(std::string_view text) {
  auto value = json::parse(text, nullptr, false);
  if (value.is_discarded()) not_a("JSON", text);
  return value;
}

template <>
timestamp sql_read<timestamp>(std::string_view text) {
  const auto value = parse_rfc3339(text);
  if (!value) not_a("an instant", text);
  return *value;
}

}  // namespace detail

}  // namespace streamspace
