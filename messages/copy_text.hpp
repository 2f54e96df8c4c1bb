#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// Appends a row as COPY ... FROM STDIN takes it in text format. The texts are UTF-8 without NUL bytes.
void append_copy_row(std::string& to, const sql_params& row);

/// The rows of a COPY ... TO STDOUT (FORMAT csv), whole rows one after the other. A field that is empty and not in
/// quotes is NULL. Error internal when it is no CSV of so many columns.
sql_table read_copied_rows(std::string_view csv, std::vector<std::string> columns);

/// The names in the header of such a COPY.
std::vector<std::string> read_copied_header(std::string_view csv);

}  // namespace streamspace
