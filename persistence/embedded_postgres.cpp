#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <system_error>
#include <unistd.h>

#include <sys/un.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/database_url.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/postgres_binaries.hpp>
#include <streamspace/persistence/postmaster.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds left_until(steady_clock::time_point until) {
  return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(until - steady_clock::now()));
}

bool fits_a_socket(const fs::path& folder, std::uint16_t port) {
  return (folder / (".s.PGSQL." + std::to_string(port))).string().size() < sizeof(sockaddr_un::sun_path);
}

[[noreturn]] void not_started(const fs::path& log, const std::string& reason) {
  throw error{
      ec::io_error, "PostgreSQL did not start: " + reason + " (log: " + log.string() + ")", {{"reason", reason}}};
}

}  // namespace

embedded_postgres::embedded_postgres(const data_folder& folder, embedded_postgres_options options)
    : options_{std::move(options)}, folder_{folder.path()}, log_file_{folder_ / "log" / "postgres.log"} {}

embedded_postgres::~embedded_postgres() {
  stop(milliseconds{10'000});
}

void embedded_postgres::start() {
  if (running()) return;
  const auto until = steady_clock::now() + options_.startup_timeout;
  server_.reset();
  std::string version;
  std::ifstream{folder_ / "postgres" / "PG_VERSION"} >> version;
  binaries_ = find_postgres_binaries(options_.binaries, version);
  cluster_ = std::make_unique<postgres_cluster>(folder_, binaries_);
  cluster_->end_leftover(milliseconds{10'000});
  cluster_->create(options_.durable, left_until(until));
  std::error_code fault;
  fs::create_directory(log_file_.parent_path(), fault);
  place_socket();
  try {
    write_settings();
    launch();
    await_ready(until);
    ensure_database(left_until(until));
  } catch (...) {
    stop(milliseconds{2'000});
    throw;
  }
  end_is_unexpected_ = true;
  if (!running()) not_started(log_file_, server_->reason());
}

void embedded_postgres::place_socket() {
  const auto note = folder_ / "postgres.socket";
  std::string left;
  if (std::ifstream file{note}; std::getline(file, left)) {
    socket_folder_ = left;
    private_socket_folder_ = true;
    remove_socket_folder();
  }
  socket_folder_ = cluster_->path();
  private_socket_folder_ = false;
  if (fits_a_socket(socket_folder_, options_.port)) return;

  // The path is too long for a unix socket, so the socket goes to a short private folder, noted for the case that we
  // are killed.
  std::string made = "/tmp/streamspace-XXXXXX";
  if (!::mkdtemp(made.data()))
    throw error{ec::io_error,
                std::string{"cannot make a folder for PostgreSQL's socket in /tmp: "} + std::strerror(errno)};
  socket_folder_ = made;
  private_socket_folder_ = true;
  std::ofstream{note} << made << '\n';
  if (const auto owner = cluster_->run_as(); owner && ::chown(made.c_str(), owner->uid, owner->gid) != 0)
    throw error{ec::io_error, "cannot hand '" + made + "' to user " + owner->display() + ": " + std::strerror(errno)};
}

void embedded_postgres::remove_socket_folder() noexcept {
  if (!private_socket_folder_) return;
  std::error_code ignored;
  if (socket_folder_.string().starts_with("/tmp/streamspace-")) fs::remove_all(socket_folder_, ignored);
  fs::remove(folder_ / "postgres.socket", ignored);
  private_socket_folder_ = false;
}

void embedded_postgres::write_settings() {
  postgres_cluster::settings values{
      {"cluster_name", "streamspace"},
      {"listen_addresses", options_.listen_addresses},
      {"port", std::to_string(options_.port)},
      // Descriptor 3 is the folder of the cluster itself.
      {"unix_socket_directories", private_socket_folder_ ? socket_folder_.string() : "/proc/self/fd/3"},
      {"unix_socket_permissions", "0700"},
      {"max_connections", "100"},
      {"timezone", "UTC"},
      {"jit", "off"},
      {"logging_collector", "off"},
      {"log_destination", "stderr"},
      {"log_timezone", "UTC"},
      {"log_line_prefix", "%m [%p] %q%u@%d "},
      {"log_checkpoints", "off"},
      {"log_min_error_statement", "panic"},
  };
  if (!options_.durable)
    values.insert(values.end(), {{"fsync", "off"},
                                 {"synchronous_commit", "off"},
                                 {"full_page_writes", "off"},
                                 // In the data folder, so that removing that leaves nothing behind.
                                 {"dynamic_shared_memory_type", "mmap"},
                                 {"shared_buffers", "32MB"},
                                 {"max_wal_size", "256MB"},
                                 {"min_wal_size", "32MB"}});
  values.insert(values.end(), options_.settings.begin(), options_.settings.end());
  cluster_->configure(values);
}

void embedded_postgres::launch() {
  const int folder = ::open(cluster_->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) not_started(log_file_, cluster_->path().string() + ": " + std::strerror(errno));
  child_spec spec;
  spec.program = binaries_ / "postgres";
  spec.arguments = {"-D", "/proc/self/fd/3"};
  spec.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  spec.run_as = cluster_->run_as();
  spec.folder = folder;
  spec.death_signal = SIGINT;
  try {
    server_ = std::make_unique<postmaster>(std::move(spec), log_file_, [this](const std::string& reason) {
      if (end_is_unexpected_.exchange(false) && options_.on_unexpected_end) options_.on_unexpected_end(reason);
    });
  } catch (...) {
    ::close(folder);
    throw;
  }
  ::close(folder);
}

void embedded_postgres::await_ready(steady_clock::time_point until) {
  while (!says_ready()) {
    if (server_->ended_within(milliseconds{5})) not_started(log_file_, server_->reason());
    if (steady_clock::now() >= until)
      throw error{ec::timeout, "PostgreSQL was not ready within " + std::to_string(options_.startup_timeout.count()) +
                                   " ms (log: " + log_file_.string() + ")"};
  }
}

bool embedded_postgres::says_ready() const {
  // Line 1 is the server's process id, line 8 its state (PostgreSQL's miscadmin.h).
  std::ifstream file{cluster_->path() / "postmaster.pid"};
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (number == 1 && line != std::to_string(server_->pid())) return false;
    if (number == 8) return line.starts_with("ready");
  }
  return false;
}

void embedded_postgres::ensure_database(milliseconds timeout) {
  pg_connection maintenance{url("postgres"), timeout};
  const auto found = maintenance.execute({"SELECT 1 FROM pg_database WHERE datname = 'streamspace'", {}}, timeout);
  if (found.empty()) maintenance.execute({"CREATE DATABASE streamspace", {}}, timeout);
}

void embedded_postgres::stop(milliseconds deadline) {
  end_is_unexpected_ = false;
  if (server_) {
    server_->signal(SIGINT);
    server_->ended_within(deadline);
    server_.reset();
  }
  remove_socket_folder();
}

bool embedded_postgres::running() {
  return server_ && !server_->ended();
}

pid_t embedded_postgres::pid() const noexcept {
  return server_ ? server_->pid() : -1;
}

std::string embedded_postgres::url(std::string_view database) const {
  return "postgresql:///" + percent_encode(database) + "?host=" + percent_encode(socket_folder_.string()) +
         "&port=" + std::to_string(options_.port) + "&user=streamspace";
}

}  // namespace streamspace
