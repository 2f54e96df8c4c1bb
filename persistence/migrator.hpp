#pragma once

#include <chrono>
#include <span>
#include <vector>

#include <streamspace/messages/migration_plan.hpp>

namespace streamspace {

class pg_connection;

/// The steps of the platform's own tables, numbered from 1 without gaps; part of the program, no file is read.
std::span<const migration> platform_migrations() noexcept;

/// Brings the database up to date and returns the versions that this call applied. Each step is one transaction
/// together with its row in schema_migrations, under an advisory lock: of programs that start at the same time one
/// applies it, the others wait and find it done. `deadline` bounds the whole call, the wait for others included.
/// Errors: conflict (see plan_migrations), timeout, and those of pg_connection, naming the step that failed; the steps
/// before it stay.
std::vector<int> migrate(pg_connection& connection, std::span<const migration> known,
                         std::chrono::milliseconds deadline);

}  // namespace streamspace
