#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streamspace {

class pg_connection;

/// One numbered step of the database's layout. A step that has been released is never changed; a new one follows it.
struct migration {
  int version = 0;  ///< From 1, without gaps.
  std::string_view name;
  std::string_view sql;
  std::string_view checksum;  ///< SHA-256 of sql, in hexadecimal.
};

/// A step that a database has had, as its table schema_migrations tells.
struct applied_migration {
  int version = 0;
  std::string name;
  std::string checksum;
};

/// The steps of the platform's own tables, in order; part of the program, no file is read.
std::span<const migration> platform_migrations() noexcept;

/// Which of the `known` steps a database that has had `applied` (in order of version) still needs, in order.
/// Errors: conflict, when the database is newer than the program, or had a step that differs from the one known.
std::span<const migration> plan_migrations(std::span<const migration> known,
                                           std::span<const applied_migration> applied);

/// Brings the database up to date and returns the versions that this call applied. Each step is one transaction
/// together with its row in schema_migrations, under an advisory lock: of programs that start at the same time one
/// applies it, the others wait and find it done. `deadline` bounds the whole call, the wait for others included.
/// Errors: conflict (see plan_migrations), timeout, and those of pg_connection, naming the step that failed; the steps
/// before it stay.
std::vector<int> migrate(pg_connection& connection, std::span<const migration> known,
                         std::chrono::milliseconds deadline);

}  // namespace streamspace
