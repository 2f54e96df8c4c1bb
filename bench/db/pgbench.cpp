#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <unistd.h>

#include <bench/child_output.hpp>
#include <bench/db/pgbench.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/postgres_binaries.hpp>

namespace streamspace::bench {

namespace {

/// A file that is removed with it.
class script_file {
 public:
  explicit script_file(const std::string& text) {
    auto name = (std::filesystem::temp_directory_path() / "streamspace-pgbench-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file < 0) throw error{ec::io_error, "cannot make a file for pgbench"};
    ::close(file);
    path_ = name;
    if (!(std::ofstream{path_} << text).flush()) throw error{ec::io_error, "cannot write to " + path_};
  }
  script_file(const script_file&) = delete;
  script_file& operator=(const script_file&) = delete;
  ~script_file() { ::unlink(path_.c_str()); }

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace

double pgbench_rate(const std::string& url, const std::string& script, std::size_t clients) {
  const auto program = find_postgres_binaries() / "pgbench";
  if (::access(program.c_str(), X_OK) != 0)
    throw error{ec::not_found, "there is no " + program.string() + "; it comes with PostgreSQL's server package"};
  const script_file file{script};
  const auto text = output_of(program.string(),
                              {"--no-vacuum", "--protocol=prepared", "--time=2", "--client=" + std::to_string(clients),
                               "--jobs=" + std::to_string(clients < 2 ? 1 : 2), "--file=" + file.path(), url});
  constexpr std::string_view mark = "tps = ";
  const auto at = text.find(mark);
  if (at == std::string::npos) throw error{ec::io_error, "pgbench printed no rate: " + text};
  return std::strtod(text.c_str() + at + mark.size(), nullptr);
}

}  // namespace streamspace::bench
