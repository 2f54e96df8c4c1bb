#include <string>
#include <string_view>

#include <streamspace/persistence/pg_rows.hpp>

namespace streamspace {

sql_table read_table(const pqxx::result& from) {
  sql_table table;
  table.rows = static_cast<std::size_t>(from.size());
  table.affected = static_cast<std::size_t>(from.affected_rows());
  const auto columns = from.columns();
  table.columns.reserve(static_cast<std::size_t>(columns));
  for (pqxx::row::size_type column = 0; column < columns; ++column)
    table.columns.emplace_back(from.column_name(column));
  table.reserve(table.rows * table.columns.size());
  for (const auto& row : from)
    for (const auto& field : row) {
      if (field.is_null())
        table.add(std::nullopt);
      else
        table.add(std::string_view{field.c_str(), field.size()});
    }
  return table;
}

void append_rows(sql_table& to, const PGresult& from) {
  const int columns = PQnfields(&from);
  if (to.columns.empty())
    for (int column = 0; column < columns; ++column) to.columns.emplace_back(PQfname(&from, column));
  const int rows = PQntuples(&from);
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(&from, row, column))
        to.add(std::nullopt);
      else
        to.add(std::string_view{PQgetvalue(&from, row, column),
                                static_cast<std::size_t>(PQgetlength(&from, row, column))});
    }
  to.rows += static_cast<std::size_t>(rows);
}

sql_table read_table(const PGresult& from) {
  sql_table table;
  table.reserve(static_cast<std::size_t>(PQntuples(&from)) * static_cast<std::size_t>(PQnfields(&from)));
  append_rows(table, from);
  table.affected = std::stoull('0' + std::string{PQcmdTuples(const_cast<PGresult*>(&from))});
  return table;
}

}  // namespace streamspace
