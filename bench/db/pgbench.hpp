#pragma once

#include <cstddef>
#include <string>

namespace streamspace::bench {

/// Transactions a second of PostgreSQL's own benchmark program: a script of one statement, prepared, by so many
/// clients. Errors: not_found, when PostgreSQL's programs have no pgbench; io_error.
double pgbench_rate(const std::string& url, const std::string& script, std::size_t clients);

}  // namespace streamspace::bench
