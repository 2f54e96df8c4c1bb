#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/persistence/os_user.hpp>

namespace streamspace {

/// PostgreSQL's files in a folder, while no server of ours runs on them: made, set up, and freed of a server that an
/// ended process left. The folder of the cluster is handed to PostgreSQL as an open descriptor, so PostgreSQL's user
/// needs no right to enter the folders above it.
class postgres_cluster {
 public:
  using settings = std::vector<std::pair<std::string, std::string>>;

  /// The folder `folder` / "postgres", to be worked on by the programs in `binaries`.
  postgres_cluster(const std::filesystem::path& folder, std::filesystem::path binaries);

  const std::filesystem::path& path() const noexcept { return path_; }

  /// As whom PostgreSQL must run here: whoever owns the files; before there are any, this process's user, but for root,
  /// whom PostgreSQL refuses, `postgres` or else `nobody`. Nothing when that is this process's user. Errors:
  /// permission_denied when the files belong to somebody whom this process may not act for.
  std::optional<os_user> run_as() const;

  /// Stops the server that a killed process left running on these files, if any: politely first, by force at the
  /// deadline. Errors: io_error when it cannot be stopped.
  void end_leftover(std::chrono::milliseconds timeout);

  /// Makes the files unless they are there: superuser "streamspace", UTF-8, bytewise order. They appear at once or not
  /// at all, whenever this process is killed. With `durable` they are on the disk on return. Errors: io_error or
  /// timeout, with initdb's own reason.
  void create(bool durable, std::chrono::milliseconds timeout);

  /// Writes the server's settings and who may connect: over the unix socket, this process's user, PostgreSQL's and root
  /// as "streamspace" without a password; every other role with its password.
  void configure(const settings& values);

 private:
  void initialise(const std::filesystem::path& fresh, bool durable, std::chrono::milliseconds timeout);
  void write_for_owner(const std::filesystem::path& file, const std::string& text) const;

  std::filesystem::path path_;
  std::filesystem::path binaries_;
};

/// A value of postgresql.conf, quoted.
std::string quote_setting(const std::string& value);

}  // namespace streamspace
