#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <string>
#include <unistd.h>

#include <support/postgres_fixture.hpp>
#include <support/postgres_template.hpp>
#include <sys/file.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/data_folder.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/postgres_binaries.hpp>

namespace streamspace::testing {

namespace fs = std::filesystem;

namespace {

/// Other programs wait until this one is done with the folder.
class folder_lock {
 public:
  explicit folder_lock(const fs::path& folder)
      : file_{::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)} {
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0) throw error{ec::io_error, "cannot lock " + folder.string()};
  }
  ~folder_lock() { ::close(file_); }
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  int file_;
};

/// With owners and modes, since the server may run as another user.
void copy_folder(const fs::path& from, const fs::path& to) {
  if (std::system(("cp -a '" + from.string() + "' '" + to.string() + "'").c_str()) != 0)
    throw error{ec::io_error, "cannot copy " + from.string() + " to " + to.string()};
}

/// Other migrations and another PostgreSQL need another template.
std::string template_name() {
  auto what = find_postgres_binaries().string();
  for (const auto& m : platform_migrations()) what += m.sql;
  return std::to_string(std::hash<std::string>{}(what));
}

void make_template(const fs::path& place) {
  const scratch_folder scratch{fast_temporary_folder()};
  {
    const data_folder held{scratch.path() / "data"};
    embedded_postgres server{held, throw_away_options()};
    server.start();
    pg_connection{server.url("postgres"), patience}.execute({"CREATE DATABASE platform TEMPLATE template0", {}},
                                                            patience);
    pg_connection connection{server.url("platform"), patience};
    migrate(connection, platform_migrations(), patience);
  }
  const auto unfinished = fs::path{place}.concat(".new");
  fs::remove_all(unfinished);
  copy_folder(scratch.path() / "data" / "postgres", unfinished);
  fs::rename(unfinished, place);
}

}  // namespace

embedded_postgres_options throw_away_options() {
  embedded_postgres_options wanted;
  wanted.durable = false;
  wanted.startup_timeout = patience;
  return wanted;
}

void copy_postgres_template(const fs::path& folder) {
  const fs::path templates{STREAMSPACE_TEST_TEMPLATES};
  fs::create_directories(templates);
  const auto place = templates / template_name();
  {
    const folder_lock lock{templates};
    if (!fs::exists(place)) make_template(place);
  }
  copy_folder(place, folder / "postgres");
}

}  // namespace streamspace::testing
