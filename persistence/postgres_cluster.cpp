#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/bounded_log.hpp>
#include <streamspace/persistence/child_process.hpp>
#include <streamspace/persistence/postgres_cluster.hpp>

namespace streamspace {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view include_line = "include = 'streamspace.conf'";

[[noreturn]] void failed(const std::string& what, const fs::path& where, int cause) {
  throw error{
      ec::io_error, what + " '" + where.string() + "': " + std::strerror(cause), {{"reason", std::strerror(cause)}}};
}

void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

/// Whether a process is PostgreSQL at work in `cluster`. False for one that has ended and waits to be reaped.
bool works_in(const fs::path& process, const fs::path& cluster) {
  std::error_code fault;
  const auto program = fs::read_symlink(process / "exe", fault).filename().string();
  return !fault && program.starts_with("postgres") && fs::equivalent(process / "cwd", cluster, fault) && !fault;
}

/// All such processes: the server and its children.
std::vector<pid_t> workers_in(const fs::path& cluster) {
  std::vector<pid_t> found;
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator{"/proc", fault}) {
    const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid > 1 && works_in(entry.path(), cluster)) found.push_back(pid);
  }
  return found;
}

bool all_gone_within(const fs::path& cluster, milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (!workers_in(cluster).empty()) {
    if (steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return true;
}

/// Removes what an interrupted initdb left, together with those of its processes that may still be writing it. They are
/// asked first: one that is killed leaves shared memory behind.
void remove_half_made(const fs::path& folder) {
  std::error_code fault;
  const auto begin = steady_clock::now();
  for (;;) {
    const auto patient = steady_clock::now() < begin + milliseconds{1000};
    const auto workers = workers_in(folder);
    for (const auto pid : workers) ::kill(pid, patient ? SIGTERM : SIGKILL);
    if (workers.empty()) {
      fs::remove_all(folder, fault);
      if (!fault) return;
    }
    if (steady_clock::now() >= begin + milliseconds{5000})
      failed("cannot remove the half-made", folder, workers.empty() ? fault.value() : EBUSY);
    std::this_thread::sleep_for(milliseconds{10});
  }
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

struct descriptor {
  int fd = -1;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

postgres_cluster::postgres_cluster(const fs::path& folder, fs::path binaries)
    : path_{folder / "postgres"}, binaries_{std::move(binaries)} {}

std::optional<os_user> postgres_cluster::run_as() const {
  const auto self = os_user::current();
  struct stat facts {};
  if (::stat(path_.c_str(), &facts) == 0 && facts.st_uid != self.uid) {
    auto owner = os_user::with_id(facts.st_uid);
    if (self.is_root()) return owner;
    throw error{ec::permission_denied, "the database files in '" + path_.string() + "' belong to user " +
                                           owner.display() + ", and this is " + self.display() +
                                           "; start as that user or as root, or choose another data folder"};
  }
  if (!self.is_root()) return std::nullopt;
  for (const auto* name : {"postgres", "nobody"})
    if (auto user = os_user::named(name); user && !user->is_root()) return user;
  throw error{ec::not_found,
              "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody to run it as; "
              "start as an ordinary user"};
}

void postgres_cluster::end_leftover(milliseconds timeout) {
  const auto note = path_ / "postmaster.pid";
  pid_t server = 0;
  std::ifstream{note} >> server;
  // The number alone says nothing: it may be another process's by now.
  const auto found = workers_in(path_);
  if (std::find(found.begin(), found.end(), server) != found.end()) ::kill(server, SIGINT);
  if (!all_gone_within(path_, timeout)) {
    for (const int harsher : {SIGQUIT, SIGKILL}) {
      for (const auto pid : workers_in(path_)) ::kill(pid, harsher);
      if (all_gone_within(path_, milliseconds{2000})) break;
    }
    if (!workers_in(path_).empty())
      failed("the PostgreSQL server that was left running cannot be stopped in", path_, EPERM);
  }
  // Nobody works here, but PostgreSQL would take any process that now has the number for its server.
  std::error_code ignored;
  fs::remove(note, ignored);
  std::vector<fs::path> sockets;
  for (const auto& entry : fs::directory_iterator{path_, ignored})
    if (entry.path().filename().string().starts_with(".s.PGSQL.")) sockets.push_back(entry.path());
  for (const auto& socket : sockets) fs::remove(socket, ignored);
}

void postgres_cluster::create(bool durable, milliseconds timeout) {
  std::error_code fault;
  if (fs::exists(path_ / "PG_VERSION", fault)) return;
  const auto fresh = fs::path{path_}.concat(".new");
  remove_half_made(fresh);
  if (::mkdir(fresh.c_str(), 0700) != 0) failed("cannot make the folder", fresh, errno);
  try {
    initialise(fresh, durable, timeout);
  } catch (...) {
    try {
      remove_half_made(fresh);
    } catch (const error&) {  // What went wrong first says more, and the next start tries again.
    }
    throw;
  }
  // An empty folder in the place of the cluster is replaced; anything else is somebody's and stays.
  if (::rename(fresh.c_str(), path_.c_str()) != 0)
    failed("cannot put the new database files in place at", path_, errno);
  if (durable) sync_folder(path_.parent_path());
}

void postgres_cluster::initialise(const fs::path& fresh, bool durable, milliseconds timeout) {
  const auto owner = run_as();
  if (owner && ::chown(fresh.c_str(), owner->uid, owner->gid) != 0)
    failed("cannot hand to user " + owner->display() + " the folder", fresh, errno);
  const descriptor folder{::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0) failed("cannot open the folder", fresh, errno);
  const auto output_file = fs::path{fresh}.concat(".log");
  const descriptor output{::open(output_file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (output.fd < 0) failed("cannot write", output_file, errno);
  ::unlink(output_file.c_str());

  child_spec spec;
  spec.program = binaries_ / "initdb";
  spec.arguments = {"--pgdata=/proc/self/fd/3",
                    "--username=streamspace",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--auth=reject",
                    "--no-instructions",
                    "--no-sync",
                    durable ? "--wal-segsize=16" : "--wal-segsize=1"};
  spec.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  spec.run_as = owner;
  spec.output = output.fd;
  spec.folder = folder.fd;
  spec.death_signal = SIGTERM;
  child_process initdb{spec};
  const auto status = initdb.wait(timeout);
  if (!status) {
    initdb.signal(SIGTERM);
    initdb.wait(milliseconds{2000});
  }
  std::string said(8192, '\0');
  const auto end = ::lseek(output.fd, 0, SEEK_END);
  const auto length =
      ::pread(output.fd, said.data(), said.size(), std::max<off_t>(0, end - static_cast<off_t>(said.size())));
  said.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  if (!status)
    throw error{ec::timeout, "making the database files in '" + fresh.string() + "' took longer than " +
                                 std::to_string(timeout.count()) + " ms"};
  if (*status != 0) {
    const auto reason = telling_line(said);
    throw error{ec::io_error,
                "cannot make the database files in '" + path_.string() + "': initdb " +
                    (reason.empty() ? describe_exit(*status) : "said: " + reason),
                {{"reason", reason}}};
  }
  std::ofstream conf{fresh / "postgresql.conf", std::ios::app};
  conf << "\n# Written anew at every start. Settings of your own go below this line.\n" << include_line << '\n';
  if (!conf.flush()) failed("cannot write", fresh / "postgresql.conf", errno);
  // One call for all of the thousand files, where initdb would make one for each.
  if (durable && ::syncfs(folder.fd) != 0) failed("cannot bring to the disk", fresh, errno);
}

void postgres_cluster::configure(const settings& values) {
  std::string conf = "# Written by streamspace at every start; changes here are lost.\n";
  for (const auto& [name, value] : values) conf += name + " = " + quote_setting(value) + "\n";
  write_for_owner(path_ / "streamspace.conf", conf);

  std::string map;
  std::vector<std::string> names{"root", os_user::current().name};
  if (const auto other = run_as()) names.push_back(other->name);
  for (const auto& name : names)
    if (!name.empty()) map += "streamspace \"" + name + "\" streamspace\n";
  write_for_owner(path_ / "pg_ident.conf", map);
  write_for_owner(path_ / "pg_hba.conf",
                  "local all streamspace peer map=streamspace\n"
                  "local all all scram-sha-256\n"
                  "host all all all scram-sha-256\n");
}

void postgres_cluster::write_for_owner(const fs::path& file, const std::string& text) const {
  const auto fresh = fs::path{file}.concat(".new");
  const descriptor out{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (out.fd < 0) failed("cannot write", fresh, errno);
  const auto owner = run_as();
  if (owner && ::fchown(out.fd, owner->uid, owner->gid) != 0) failed("cannot hand to PostgreSQL", fresh, errno);
  if (!write_all(out.fd, text)) failed("cannot write", fresh, errno);
  if (::rename(fresh.c_str(), file.c_str()) != 0) failed("cannot write", file, errno);
}

std::string quote_setting(const std::string& value) {
  std::string out{'\''};
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out += '\'';
}

}  // namespace streamspace
