#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <poll.h>
#include <unistd.h>

#include <cli/http_client.hpp>
#include <cli/plugin_dev.hpp>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <streamspace/http/token_authority.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/persistence/child_process.hpp>
#include <streamspace/plugins/discovery/folder_watch.hpp>

namespace streamspace {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes build_deadline{30};
constexpr std::chrono::hours token_lifetime{24 * 30};

fs::path found_in_path(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto candidate = fs::path{rest.substr(0, end)} / program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  throw error{ec::not_found, "there is no " + program + " in the PATH; install it (apt-get install " + program + ")"};
}

/// Where CMake finds the SDK: beside this program in its build folder, or in the tree in which it is installed.
std::string cmake_hint() {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  if (fs::exists(here / "streamspaceConfig.cmake")) return "-Dstreamspace_DIR=" + here.string();
  return "-DCMAKE_PREFIX_PATH=" + here.parent_path().string();
}

/// What a person has written, and when: whatever is built or hidden does not count.
using source_times = std::map<fs::path, fs::file_time_type>;

source_times times_of_sources(const fs::path& directory) {
  source_times times;
  std::error_code gone;
  for (fs::recursive_directory_iterator at{directory, gone}, end; at != end; at.increment(gone)) {
    const auto name = at->path().filename().string();
    if (name.starts_with('.') || name.starts_with("build") || name.ends_with('~')) {
      if (at->is_directory(gone)) at.disable_recursion_pending();
      continue;
    }
    if (at->is_regular_file(gone)) times.emplace(at->path(), at->last_write_time(gone));
  }
  return times;
}

/// Wakes who waits for a signal or for news.
class alarm {
 public:
  alarm() : news_{::eventfd(0, EFD_CLOEXEC)} {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    signals_ = ::signalfd(-1, &ending, SFD_CLOEXEC);
  }
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() {
    ::close(news_);
    ::close(signals_);
  }

  void ring() const {
    const std::uint64_t one = 1;
    static_cast<void>(::write(news_, &one, sizeof one));
  }
  /// False when a signal wants the end.
  bool await_news() const {
    std::array<pollfd, 2> both{{{signals_, POLLIN, 0}, {news_, POLLIN, 0}}};
    while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
    }
    if ((both[0].revents & POLLIN) != 0) return false;
    std::uint64_t count = 0;
    static_cast<void>(::read(news_, &count, sizeof count));
    return true;
  }

 private:
  int news_ = -1;
  int signals_ = -1;
};

class workshop {
 public:
  explicit workshop(const plugin_dev_options& options)
      : directory_{fs::canonical(options.directory)},
        build_{directory_ / "build"},
        name_{name_in(directory_)},
        target_{(options.plugin_dir.empty() ? options.data_dir / "plugins" : options.plugin_dir) / name_},
        cmake_{found_in_path("cmake")},
        server_{options.server},
        client_{options.server} {
    const auto key = options.data_dir / "token.key";
    if (!fs::exists(key))
      throw error{ec::not_found, "there is no server's key in " + options.data_dir.string() +
                                     "; start the server, and name its --data-dir"};
    client_.set_token(
        token_authority{signing_key::load_or_create(key)}.issue({"plugin-dev", "admin", {}}, token_lifetime, now()));
  }

  const fs::path& directory() const noexcept { return directory_; }

  bool bring_up() {
    const auto begun = std::chrono::steady_clock::now();
    if (!build() || !install()) return false;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%s serves at %s/api/plugins/%s (%.1f s)\n", name_.c_str(), server_.c_str(), name_.c_str(),
                took.count());
    std::fflush(stdout);
    return true;
  }

 private:
  static std::string name_in(const fs::path& directory) {
    std::ifstream in{directory / "manifest.json"};
    if (!in)
      throw error{ec::not_found, "there is no manifest.json in " + directory.string() +
                                     "; `streamspace plugin new` makes a plugin's project"};
    const auto manifest = json::parse(in, nullptr, false);
    if (manifest.is_discarded())
      throw error{ec::invalid_argument, (directory / "manifest.json").string() + " is no JSON"};
    return manifest.get<plugin_manifest>().name;
  }

  bool run_cmake(std::vector<std::string> arguments) const {
    child_spec spec;
    spec.program = cmake_.string();
    spec.arguments = std::move(arguments);
    for (char** variable = environ; *variable; ++variable) spec.environment.emplace_back(*variable);
    spec.output = STDERR_FILENO;
    spec.death_signal = SIGKILL;
    child_process child{spec};
    const auto status = child.wait(build_deadline);
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
  }

  bool build() const {
    if (!fs::exists(build_ / "CMakeCache.txt") &&
        !run_cmake({"-S", directory_.string(), "-B", build_.string(), cmake_hint()})) {
      std::fprintf(stderr, "%s could not be configured\n", name_.c_str());
      return false;
    }
    if (run_cmake({"--build", build_.string(), "--target", name_})) return true;
    std::fprintf(stderr, "%s could not be built; the server goes on with what it has\n", name_.c_str());
    return false;
  }

  /// The server never sees half a file.
  void deliver(const fs::path& file) const {
    const auto next = target_ / ("." + file.filename().string() + ".next");
    fs::copy_file(file, next, fs::copy_options::overwrite_existing);
    fs::rename(next, target_ / file.filename());
  }

  bool install() {
    fs::create_directories(target_);
    const auto built = build_ / "plugins" / name_;
    deliver(built / (name_ + ".so"));
    deliver(built / "manifest.json");
    try {
      const auto found = client_.send("POST", "/api/plugins/discover");
      const auto installed = client_.send("POST", "/api/plugins/install", {{"name", name_}});
      if (found.status == 200 && installed.status == 202) return true;
      const auto answer = (found.status == 200 ? installed : found).json();
      std::fprintf(stderr, "%s was not installed: %s\n", name_.c_str(),
                   answer.is_object() ? answer.value("detail", "the server does not say why").c_str() : "no answer");
    } catch (const error& e) {
      std::fprintf(stderr, "%s was not installed, as %s does not answer: %s\n", name_.c_str(), server_.c_str(),
                   e.message().c_str());
    }
    return false;
  }

  const fs::path directory_;
  const fs::path build_;
  const std::string name_;
  const fs::path target_;
  const fs::path cmake_;
  const std::string server_;
  http_client client_;
};

}  // namespace

int develop_plugin(const plugin_dev_options& options) {
  workshop shop{options};
  auto seen = times_of_sources(shop.directory());
  const bool up = shop.bring_up();
  if (options.once) return up ? EXIT_SUCCESS : EXIT_FAILURE;
  const alarm alarm;
  const folder_watch watch{{shop.directory()}, [&] { alarm.ring(); }};
  std::printf("watching %s; Ctrl-C ends this, and the plugin stays\n", shop.directory().c_str());
  std::fflush(stdout);
  // What was written while it was built is news too.
  for (alarm.ring(); alarm.await_news();) {
    auto times = times_of_sources(shop.directory());
    if (times == seen) continue;
    seen = std::move(times);
    shop.bring_up();
  }
  return EXIT_SUCCESS;
}

}  // namespace streamspace
