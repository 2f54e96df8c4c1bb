#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <streamspace/persistence/data_folder.hpp>
#include <streamspace/persistence/postgres_cluster.hpp>

namespace streamspace {

class postmaster;

/// What a private PostgreSQL server is like. The defaults are those of `streamspace serve`.
struct embedded_postgres_options {
  std::filesystem::path binaries;  ///< Folder of initdb and postgres; empty: see find_postgres_binaries().
  /// Whether what was committed survives a crash of the machine. Without it all is faster, and a crash costs the whole
  /// database: for tests.
  bool durable = true;
  std::chrono::milliseconds startup_timeout{60'000};
  std::string listen_addresses;         ///< Addresses for TCP ("127.0.0.1"); empty for the unix socket only.
  std::uint16_t port = 5432;            ///< Also part of the unix socket's name.
  postgres_cluster::settings settings;  ///< More lines for postgresql.conf, as name and value; they override ours.
  /// Called on a thread of the server object when PostgreSQL ends although nobody stopped it, with the reason. Must not
  /// call the object.
  std::function<void(const std::string& reason)> on_unexpected_end;
};

/// A PostgreSQL server of our own, its files in `postgres` of the data folder, its log in `log/postgres.log`: made on
/// first use, reached over a unix socket that only this process's user (and root) can open, ended with this process
/// even when that is killed. Started as root it runs as an unprivileged user. One thread calls it at a time.
class embedded_postgres {
 public:
  /// The folder must stay held for as long as the server lives.
  explicit embedded_postgres(const data_folder& folder, embedded_postgres_options options = {});
  /// Stops the server, waiting 10 s for a clean end.
  ~embedded_postgres();

  /// Makes the database files if there are none, stops what a killed process left running on them, starts the server
  /// and waits until it takes connections and has the database "streamspace". Blocks, at most startup_timeout. May be
  /// called again after stop() or an unexpected end. Errors: not_found (PostgreSQL is not installed),
  /// permission_denied, io_error, timeout; each with the reason PostgreSQL itself gave.
  void start();

  /// Rolls back what is open, disconnects all and ends the server cleanly; what does not end by the deadline is ended
  /// by force, and recovers at the next start. Does nothing when it does not run.
  void stop(std::chrono::milliseconds deadline);

  bool running();
  pid_t pid() const noexcept;

  /// For pg_connection and psql: the superuser "streamspace", without a password.
  std::string url(std::string_view database = "streamspace") const;

  const std::filesystem::path& log_file() const noexcept { return log_file_; }

 private:
  void place_socket();
  void remove_socket_folder() noexcept;
  void write_settings();
  void launch();
  void await_ready(std::chrono::steady_clock::time_point until);
  void ensure_database(std::chrono::milliseconds timeout);
  bool says_ready() const;

  embedded_postgres_options options_;
  std::filesystem::path folder_;
  std::filesystem::path log_file_;
  std::filesystem::path binaries_;
  std::unique_ptr<postgres_cluster> cluster_;
  std::filesystem::path socket_folder_;
  bool private_socket_folder_ = false;
  std::atomic<bool> end_is_unexpected_{false};
  std::unique_ptr<postmaster> server_;
};

}  // namespace streamspace
