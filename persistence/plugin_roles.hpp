#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/secret_key.hpp>

namespace streamspace {

class pg_connection;

/// Where one plugin lives in a database: it logs in as a role of its own and owns a schema, and has no right to
/// anything else but what was granted.
struct plugin_place {
  std::string role;    ///< Names one database and one plugin, as roles are shared by all databases of a server.
  std::string schema;  ///< plugin_{plugin} with hyphens as underscores.
};
plugin_place place_of_plugin(std::string_view plugin, std::string_view database);

/// What the plugins' schemas take on disk: their tables with indexes and all, dead rows too.
sql_statement measure_schemas(const std::vector<std::string>& plugins);
/// In bytes, by plugin; those without tables are missing.
std::map<std::string, std::uint64_t> read_schema_sizes(const sql_result& answer);

/// The plugins' roles and schemas in a database. Every call opens a connection as the platform's user and blocks, at
/// most for `patience` a step. Thread-safe; hosts that work on one database may call it at the same time, and need the
/// same key.
/// Errors of all: those of pg_connection.
class plugin_roles {
 public:
  struct settings {
    std::string url;  ///< Of the platform's own user.
    secret_key key;   ///< The roles' passwords are derived from it, so that none is stored.
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds patience{10'000};
  };

  explicit plugin_roles(settings how) : settings_{std::move(how)} {}

  /// Error permission_denied, which says what to grant, when the platform's user may not make roles and schemas.
  void demand_rights() const;

  /// Makes the plugin's role and schema unless they are there, gives the role its password, and has it read what
  /// `permissions` name and nothing else: read:sessions and read:users, views of the schema `streamspace_views`.
  /// Returns the URL by which the plugin's connections log in; its schema is the first that they search.
  /// Error conflict when a role or a schema of that name is somebody else's.
  std::string ensure(const std::string& plugin, std::span<const std::string> permissions) const;

  /// Drops the plugin's role, its schema and all that it owns, for good, and ends its connections. Whether there was
  /// anything.
  bool drop(const std::string& plugin) const;

 private:
  pg_connection connect() const;

  settings settings_;
};

}  // namespace streamspace
