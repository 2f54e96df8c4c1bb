#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>

#include <bench/db/row_stream.hpp>
#include <bench/db/storing_plugin.hpp>
#include <bench/resident_memory.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

using clock = std::chrono::steady_clock;

const std::string query = "SELECT n, 'this is row number ' || n, n * 0.5::float8, n % 2 = 0 FROM generate_series(1, " +
                          std::to_string(streamed_rows) + ") AS n";

/// What was read, so that nothing can be left out.
struct sums {
  std::int64_t numbers = 0;
  std::size_t characters = 0;
  double halves = 0;
  std::size_t even = 0;

  void demand_whole() const {
    constexpr auto rows = static_cast<std::int64_t>(streamed_rows);
    if (numbers != rows * (rows + 1) / 2 || even != streamed_rows / 2 || characters < 20 * streamed_rows ||
        halves != static_cast<double>(numbers) / 2)
      throw error{ec::internal, "a stream of rows was not whole"};
  }
};

double rate_of(clock::duration took) {
  return static_cast<double>(streamed_rows) / std::chrono::duration<double>{took}.count();
}

}  // namespace

row_stream_run stream_rows(const std::string& database_url) {
  const storing_plugin plugin{database_url};
  auto& database = plugin.context().database();
  database.exec("SELECT 1");
  sums all;
  std::size_t rows = 0;
  double first_tenth = 0;
  double most = 0;
  const auto begin = clock::now();
  for (const auto row : database.query(query)) {
    all.numbers += row.get<std::int64_t>(0);
    all.characters += row.cell(1)->size();
    all.halves += row.get<double>(2);
    all.even += row.get<bool>(3) ? 1 : 0;
    if (++rows % (streamed_rows / 10) != 0) continue;
    const auto now = resident_mib();
    if (first_tenth == 0) first_tenth = now;
    most = std::max(most, now);
  }
  const auto took = clock::now() - begin;
  all.demand_whole();
  return {rate_of(took), most - first_tenth};
}

double libpq_single_rows(const std::string& database_url) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(database_url.c_str()), PQfinish};
  const auto begin = clock::now();
  if (PQsendQuery(connection.get(), query.c_str()) == 0 || PQsetSingleRowMode(connection.get()) == 0)
    throw error{ec::database_error, "libpq cannot send a query"};
  sums all;
  while (true) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> row{PQgetResult(connection.get()), PQclear};
    if (!row) break;
    if (PQresultStatus(row.get()) != PGRES_SINGLE_TUPLE) continue;
    all.numbers += std::strtoll(PQgetvalue(row.get(), 0, 0), nullptr, 10);
    all.characters += static_cast<std::size_t>(PQgetlength(row.get(), 0, 1));
    all.halves += std::strtod(PQgetvalue(row.get(), 0, 2), nullptr);
    all.even += *PQgetvalue(row.get(), 0, 3) == 't' ? 1 : 0;
  }
  const auto took = clock::now() - begin;
  all.demand_whole();
  return rate_of(took);
}

}  // namespace streamspace::bench
