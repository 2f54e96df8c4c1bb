#pragma once

#include <libpq-fe.h>

#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/pqxx_compat.hpp>

namespace streamspace {

// What the server answered, as ours. For .cpp files of this folder only.

sql_table read_table(const pqxx::result& from);
sql_table read_table(const PGresult& from);
/// Of a table without columns they become those of the result.
void append_rows(sql_table& to, const PGresult& from);
/// Of a table without columns they become those of the result.
void append_rows(sql_table& to, const PGresult& from);

}  // namespace streamspace
