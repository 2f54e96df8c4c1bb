#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <bench/db/database_server.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>
#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace::bench {

namespace {

namespace fs = std::filesystem;

class scratch_folder {
 public:
  scratch_folder() {
    auto name = (fs::temp_directory_path() / "streamspace-bench-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw error{ec::io_error, "cannot make a folder for the database: " +
                                    std::error_code{errno, std::generic_category()}.message() +
                                    "; set TMPDIR to a folder that can be written"};
    path_ = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

}  // namespace

class database_server::implementation {
 public:
  implementation() {
    server_.start();
    pg_connection connection{server_.url(), std::chrono::seconds{10}};
    migrate(connection, platform_migrations(), std::chrono::seconds{60});
  }

  std::string url() const { return server_.url(); }

 private:
  scratch_folder scratch_;
  data_folder folder_{scratch_.path() / "data"};
  embedded_postgres server_{folder_};
};

database_server::database_server() : implementation_{std::make_unique<implementation>()} {}

database_server::~database_server() = default;

std::string database_server::url() const {
  return implementation_->url();
}

}  // namespace streamspace::bench
