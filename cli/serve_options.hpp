#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace streamspace {

/// What `streamspace serve` may be told, by flag, environment or file, in this order of precedence.
struct serve_options {
  std::filesystem::path data_dir = "var";  ///< Keys, logs and the private PostgreSQL.
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0 takes any free one.
  std::string database_url;   ///< Empty: a private PostgreSQL in the data folder.
  bool durable = true;        ///< Whether the private PostgreSQL's commits survive a crash of the machine.
  std::string log_level = "info";
  std::string log_format = "auto";  ///< json, text, or auto: text on a terminal, JSON lines elsewhere.
  std::filesystem::path
      log_file;  ///< JSON lines go to this file and those it is set aside as; empty: as log_format says.
  std::uint64_t log_file_bytes = std::uint64_t{64} << 20U;  ///< Of each file at most.
  unsigned log_file_count = 5;                              ///< Files at most, with the one that is written.
  unsigned io_threads = 2;
  unsigned workers = 0;
  unsigned database_connections = 8;
  /// Where plugins' files lie, in order; none given: plugins in the data folder, then the places of the system.
  std::vector<std::filesystem::path> plugin_dirs;
  std::string platform_version = "1.0.0";  ///< The version of StreamSpace that plugins find.
  std::string plugin_isolation = "roles";  ///< roles or none, in the database.
  /// Bytes that a plugin may keep in the database; 0 for no quota.
  std::uint64_t plugin_storage_quota = std::uint64_t{256} << 20U;
  std::vector<std::string> durable_events;  ///< Patterns of types that the event log keeps.
  int event_log_days = 7;
  std::filesystem::path secrets_key_file;        ///< Empty: secrets.key in the data folder.
  std::chrono::seconds token_ttl{12 * 60 * 60};  ///< How long a login lasts.
  std::chrono::seconds drain{10};                ///< For requests in flight at the end.
};

}  // namespace streamspace
