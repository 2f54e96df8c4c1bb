#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/postgres_binaries.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

bool has_programs(const fs::path& folder) {
  return ::access((folder / "initdb").c_str(), X_OK) == 0 && ::access((folder / "postgres").c_str(), X_OK) == 0;
}

/// Of the folders `prefix`<number>/bin in `parent` that hold the programs, the one with the highest number, or with the
/// number `version` when that is given.
std::optional<fs::path> newest(const fs::path& parent, const std::string& prefix, const std::string& version) {
  std::optional<fs::path> best;
  int best_number = -1;
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator{parent, fault}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix) || (!version.empty() && name != prefix + version)) continue;
    const int number = std::atoi(name.c_str() + prefix.size());
    if (number <= best_number || !has_programs(entry.path() / "bin")) continue;
    best = entry.path() / "bin";
    best_number = number;
  }
  return best;
}

std::vector<fs::path> search_path() {
  std::vector<fs::path> folders;
  const char* path = std::getenv("PATH");
  std::istringstream parts{path ? path : ""};
  for (std::string part; std::getline(parts, part, ':');)
    if (!part.empty()) folders.emplace_back(part);
  return folders;
}

}  // namespace

fs::path find_postgres_binaries(const fs::path& wanted, const std::string& version) {
  if (!wanted.empty()) {
    if (has_programs(wanted)) return fs::absolute(wanted);
    throw error{ec::not_found, "the folder '" + wanted.string() + "' does not hold PostgreSQL's initdb and postgres"};
  }
  if (auto found = newest("/usr/lib/postgresql", "", version)) return *found;
  if (auto found = newest("/usr", "pgsql-", version)) return *found;
  for (const auto& folder : search_path())
    if (has_programs(folder)) return fs::absolute(folder);
  if (!version.empty())
    throw error{ec::not_found, "the database files here were made by PostgreSQL " + version +
                                   ", which is not installed; install it (Debian: apt-get install postgresql-" +
                                   version + "), or move the data to a newer one with pg_upgrade"};
  throw error{ec::not_found,
              "PostgreSQL's server programs are not installed; install them (Debian: apt-get install postgresql), "
              "or name the database of a running server with --database-url"};
}

}  // namespace streamspace
