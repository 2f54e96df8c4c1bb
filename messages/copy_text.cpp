#include <algorithm>
#include <utility>

#include <streamspace/messages/copy_text.hpp>

namespace streamspace {

namespace {

void append_escaped(std::string& to, std::string_view text) {
  constexpr std::string_view special = "\\\t\n\r";
  while (true) {
    const auto plain = std::min(text.find_first_of(special), text.size());
    to.append(text.substr(0, plain));
    if (plain == text.size()) return;
    to += '\\';
    switch (text[plain]) {
      case '\t':
        to += 't';
        break;
      case '\n':
        to += 'n';
        break;
      case '\r':
        to += 'r';
        break;
      default:
        to += '\\';
    }
    text.remove_prefix(plain + 1);
  }
}

[[noreturn]] void refuse(const std::string& why) {
  throw error{ec::internal, "what the server copied is no CSV: " + why};
}

/// Takes one field off the front of `csv`, but not what ends it.
std::optional<std::string> take_field(std::string_view& csv) {
  if (!csv.starts_with('"')) {
    const auto end = csv.find_first_of(",\n");
    if (end == std::string_view::npos) refuse("its last row has no end");
    const auto field = csv.substr(0, end);
    csv.remove_prefix(end);
    if (field.empty()) return std::nullopt;
    return std::string{field};
  }
  std::string field;
  while (true) {
    csv.remove_prefix(1);  // The quote that opens it, or the second of two.
    const auto quote = csv.find('"');
    if (quote == std::string_view::npos) refuse("a quote is not closed");
    field += csv.substr(0, quote);
    csv.remove_prefix(quote + 1);
    if (!csv.starts_with('"')) return field;
    field += '"';
  }
}

/// Takes the row's next field and what ends it; whether it was the last.
bool take_last_field(std::string_view& csv, std::optional<std::string>& field) {
  field = take_field(csv);
  if (!csv.starts_with(',') && !csv.starts_with('\n')) refuse("a field does not end with its quote");
  const bool last = csv.front() == '\n';
  csv.remove_prefix(1);
  return last;
}

}  // namespace

void append_copy_row(std::string& to, const sql_params& row) {
  bool first = true;
  for (const auto& cell : row) {
    if (!std::exchange(first, false)) to += '\t';
    if (cell.text())
      append_escaped(to, *cell.text());
    else
      to += "\\N";
  }
  to += '\n';
}

sql_table read_copied_rows(std::string_view csv, std::vector<std::string> columns) {
  sql_table table;
  table.columns = std::move(columns);
  while (!csv.empty()) {
    std::size_t fields = 0;
    std::optional<std::string> field;
    for (bool last = false; !last; ++fields) {
      last = take_last_field(csv, field);
      if (!table.columns.empty()) table.add(field);  // Rows of no columns are empty lines.
    }
    if (!table.columns.empty() && fields != table.columns.size())
      refuse("a row has " + std::to_string(fields) + " fields, the header has " + std::to_string(table.columns.size()));
    ++table.rows;
  }
  table.affected = table.rows;
  return table;
}

std::vector<std::string> read_copied_header(std::string_view csv) {
  std::vector<std::string> names;
  std::optional<std::string> field;
  for (bool last = false; !last;) {
    last = take_last_field(csv, field);
    names.push_back(field.value_or(""));
  }
  if (names.size() == 1 && !field) names.clear();  // An empty line: no columns.
  return names;
}

}  // namespace streamspace
