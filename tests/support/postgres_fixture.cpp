#include <atomic>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <support/postgres_fixture.hpp>
#include <support/postgres_template.hpp>
#include <sys/file.h>
#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/data_folder.hpp>
#include <streamspace/persistence/embedded_postgres.hpp>

namespace streamspace::testing {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view folder_prefix = "streamspace-test-";

/// Removes what killed test programs of this user left. A folder that is in use has its lock held.
void remove_leftovers(const fs::path& parent) {
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator{parent, fault}) {
    if (!entry.path().filename().string().starts_with(folder_prefix)) continue;
    struct stat facts {};
    if (::lstat(entry.path().c_str(), &facts) != 0 || facts.st_uid != ::geteuid()) continue;
    const int lock = ::open((entry.path() / ".in-use").c_str(), O_RDONLY | O_CLOEXEC);
    if (lock < 0) continue;
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), fault);
    ::close(lock);
  }
}

/// The server of this program and its template database.
class test_server {
 public:
  static test_server& instance() {
    static test_server server;
    return server;
  }

  std::string create_database(test_database::layout kind) {
    static std::atomic<int> count{0};
    const auto name = "test_" + std::to_string(++count);
    execute("CREATE DATABASE " + name + " TEMPLATE " +
            (kind == test_database::layout::platform ? "platform" : "template0"));
    return name;
  }

  void drop_database(const std::string& name) { execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); }

  std::string url(const std::string& database) const { return server_.url(database); }

 private:
  test_server() : held_{folder_.path() / "data"}, server_{held_, throw_away_options()} {
    copy_postgres_template(held_.path());
    server_.start();
  }

  void execute(const std::string& text) {
    pg_connection connection{server_.url("postgres"), patience};
    connection.execute({text, {}}, patience);
  }

  scratch_folder folder_{fast_temporary_folder()};
  data_folder held_;
  embedded_postgres server_;
};

}  // namespace

fs::path fast_temporary_folder() {
  const fs::path memory{"/dev/shm"};
  std::error_code fault;
  const auto space = fs::space(memory, fault);
  const bool roomy = !fault && space.available > (std::uintmax_t{1} << 30);
  return roomy && ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory : fs::temp_directory_path();
}

scratch_folder::scratch_folder(const fs::path& parent) {
  remove_leftovers(parent);
  auto made = (parent / std::string{folder_prefix}).string() + "XXXXXX";
  if (!::mkdtemp(made.data())) throw error{ec::io_error, "no temporary folder for a test"};
  path_ = made;
  ::chmod(made.c_str(), 0755);
  in_use_ = ::open((path_ / ".in-use").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ::flock(in_use_, LOCK_EX);
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(in_use_);
}

test_database::test_database(layout kind)
    : name_{test_server::instance().create_database(kind)}, url_{test_server::instance().url(name_)} {}

test_database::~test_database() {
  try {
    test_server::instance().drop_database(name_);
  } catch (const error& e) {
    ADD_FAILURE() << "the test's database could not be dropped: " << e.what();
  }
}

}  // namespace streamspace::testing
