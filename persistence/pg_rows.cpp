#include <string>

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
  table.cells.reserve(table.rows * table.columns.size());
  for (const auto& row : from)
    for (const auto& field : row) {
      if (field.is_null())
        table.cells.emplace_back();
      else
        table.cells.emplace_back(std::in_place, field.c_str(), field.size());
    }
  return table;
}

sql_table read_table(const PGresult& from) {
  sql_table table;
  table.rows = static_cast<std::size_t>(PQntuples(&from));
  table.affected = std::stoull('0' + std::string{PQcmdTuples(const_cast<PGresult*>(&from))});
  const int columns = PQnfields(&from);
  for (int column = 0; column < columns; ++column) table.columns.emplace_back(PQfname(&from, column));
  table.cells.reserve(table.rows * table.columns.size());
  for (int row = 0; row < PQntuples(&from); ++row)
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(&from, row, column))
        table.cells.emplace_back();
      else
        table.cells.emplace_back(std::in_place, PQgetvalue(&from, row, column),
                                 static_cast<std::size_t>(PQgetlength(&from, row, column)));
    }
  return table;
}

}  // namespace streamspace
