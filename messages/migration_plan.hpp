#pragma once

#include <span>
#include <string>
#include <string_view>

namespace streamspace {

/// A step of a database's layout. A step that has been released is never changed; a new one follows it.
struct migration {
  int version = 0;  ///< Above 0, and above that of the step before.
  std::string_view name;
  std::string_view sql;
  std::string_view checksum;  ///< SHA-256 of sql, in hexadecimal.
};

/// A step that a database has had.
struct applied_migration {
  int version = 0;
  std::string name;
  std::string checksum;
};

/// "3 (name)", for messages.
std::string label_of(int version, std::string_view name);

/// Which of the `known` steps a database that has had `applied` (both in order of version) still needs, in order.
/// `whose` says in messages what knows them ("this program").
/// Errors: conflict, when the database is newer, or had a step that differs from the one known.
std::span<const migration> plan_migrations(std::span<const migration> known, std::span<const applied_migration> applied,
                                           std::string_view whose = "this program");

}  // namespace streamspace
