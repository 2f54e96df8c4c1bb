#pragma once

#include <filesystem>

#include <streamspace/persistence/embedded_postgres.hpp>

namespace streamspace::testing {

/// Of a server whose data nobody needs after the test.
embedded_postgres_options throw_away_options();

/// Puts into the folder of an embedded server what it would make at its first start, with a database `platform` that
/// all migrations are applied to. The first test program of a build makes those files and the others copy them, since
/// making them takes longer than most tests. Errors: whatever the server, the migrations or the copy reports.
void copy_postgres_template(const std::filesystem::path& folder);

}  // namespace streamspace::testing
