#pragma once

#include <bench/suite.hpp>

namespace streamspace::bench {

/// What plugins ask of the database, beside PostgreSQL's own benchmark program on the same server.
suite db_suite();

}  // namespace streamspace::bench
