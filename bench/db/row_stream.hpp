#pragma once

#include <cstddef>
#include <string>

namespace streamspace::bench {

/// How many rows a query answers.
inline constexpr std::size_t streamed_rows = 1'000'000;

struct row_stream_run {
  double rows_per_second = 0;
  double growth = 0;  ///< MiB of resident memory, from the first tenth of the rows to the last.
};

/// A plugin walks over the rows of plugin_database::query and reads each of their cells.
row_stream_run stream_rows(const std::string& database_url);

/// A program on libpq alone does the same, in its single-row mode.
double libpq_single_rows(const std::string& database_url);

}  // namespace streamspace::bench
