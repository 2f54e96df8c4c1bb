#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <set>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <streamspace/plugins/discovery/folder_watch.hpp>
#include <streamspace/plugins/discovery/plugin_discovery.hpp>
#include <streamspace/plugins/files/descriptor.hpp>

namespace streamspace {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

constexpr std::uint32_t entries_come_or_go = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t goes_itself = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
/// Of directories and plugin folders.
constexpr std::uint32_t whatever_happens =
    entries_come_or_go | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
/// Of what lies above a directory.
constexpr std::uint32_t who_comes_and_goes = entries_come_or_go | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

/// When a change is told: when it has been quiet for a while, or has not for long.
class debounce {
 public:
  explicit debounce(std::chrono::milliseconds quiet) : quiet_{quiet} {}

  void changed(clock::time_point now) {
    if (!due_) latest_ = now + 10 * quiet_;
    due_ = std::min(now + quiet_, latest_);
  }
  std::optional<clock::time_point> due() const { return due_; }
  bool take(clock::time_point now) {
    if (!due_ || now < *due_) return false;
    due_.reset();
    return true;
  }

 private:
  std::chrono::milliseconds quiet_;
  std::optional<clock::time_point> due_;
  clock::time_point latest_;
};

/// Calls `visit` with each entry that counts; the fault when the directory could not be read.
template <class Visit>
std::error_code each_entry(const fs::path& directory, Visit visit) {
  std::error_code fault;
  fs::directory_iterator it{directory, fault};
  while (!fault && it != fs::directory_iterator{}) {
    if (!is_passed_over(it->path().filename().native())) visit(*it);
    it.increment(fault);
  }
  return fault;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code fault;
  return entry.is_directory(fault);
}

/// One number for all that lies in directories and the folders below them; nothing when there was no descriptor left to
/// look with.
class fingerprint {
 public:
  static std::optional<std::uint64_t> of(const std::vector<fs::path>& directories) {
    fingerprint made;
    for (const auto& directory : directories) {
      made.add(directory);
      made.add_entries(directory, true);
    }
    if (made.is_blind_) return std::nullopt;
    return made.sum_;
  }

 private:
  void add_entries(const fs::path& folder, bool go_on) {
    const auto fault = each_entry(folder, [&](const fs::directory_entry& entry) {
      add(entry.path());
      if (go_on && is_folder(entry)) add_entries(entry.path(), false);
    });
    if (fault == std::errc::too_many_files_open || fault == std::errc::too_many_files_open_in_system) is_blind_ = true;
  }

  /// The order in which entries come must not matter.
  void add(const fs::path& path) {
    std::uint64_t one = std::hash<std::string_view>{}(path.native());
    const auto mix = [&](auto... values) {
      ((one = (one ^ static_cast<std::uint64_t>(values)) * 0x9E3779B97F4A7C15U, one ^= one >> 29), ...);
    };
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0)
      mix(s.st_dev, s.st_ino, s.st_mode, s.st_uid, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ctim.tv_sec,
          s.st_ctim.tv_nsec);
    else
      mix(errno);
    sum_ += one;
  }

  std::uint64_t sum_ = 0;
  bool is_blind_ = false;
};

}  // namespace

class folder_watch::watcher {
 public:
  watcher(std::vector<fs::path> directories, std::function<void()> changed, std::function<void(std::string)> fault,
          options how)
      : changed_{std::move(changed)}, fault_{std::move(fault)}, how_{how}, debounce_{how.debounce} {
    for (auto& directory : directories) {
      std::error_code unknown;
      auto path = fs::absolute(directory, unknown);
      if (directory.empty() || unknown) continue;
      if (!path.has_filename()) path = path.parent_path();
      directories_.push_back(std::move(path));
    }
    stop_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!stop_ || !inotify_)
      give_up(
          "too many files or inotify instances are open; raise the limit of open files or "
          "fs.inotify.max_user_instances");
    else
      watch_all();
  }

  void run(const std::stop_token& token) {
    const std::stop_callback wake{token, [this] {
                                    if (stop_) ::eventfd_write(stop_.get(), 1);
                                  }};
    while (!token.stop_requested()) {
      if (!gave_up_.empty() && fault_) std::exchange(fault_, {})(gave_up_);
      if (token.stop_requested()) return;
      inotify_ ? wait_for_events() : poll_folders(token);
      if (token.stop_requested()) return;
      if (!debounce_.take(clock::now())) continue;
      // Whoever is told looks at everything: what was missed up to here does no harm, if all is watched from here on.
      if (inotify_) watch_all();
      changed_();
    }
  }

 private:
  /// Why something is watched.
  struct role {
    std::string directory;         ///< The directory that this is; "" when it is none.
    bool is_folder = false;        ///< Of a plugin.
    std::set<std::string> awaits;  ///< Entries on the way to a directory.
  };

  void wait_for_events() {
    std::array<pollfd, 2> both{{{stop_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
    int timeout = -1;
    if (const auto due = debounce_.due()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - clock::now());
      timeout = static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
    }
    if (::poll(both.data(), both.size(), timeout) > 0 && both[1].revents != 0) read_events();
  }

  /// What there is at once, at most: what never ends must not keep a change from being told.
  void read_events() {
    alignas(inotify_event) std::array<char, 64 * 1024> buffer;
    const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
    bool is_way_changed = false;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      is_way_changed |= take({event.wd, event.mask, event.len == 0 ? std::string_view{} : std::string_view{name}});
      if (!inotify_) return;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
    if (is_way_changed && watch_all()) debounce_.changed(clock::now());
  }

  struct happening {
    int watch;
    std::uint32_t mask;
    std::string_view name;
  };

  /// Whether the way to a directory may be another now.
  bool take(const happening& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      debounce_.changed(clock::now());
      return true;
    }
    const auto it = watches_.find(event.watch);
    if (it == watches_.end()) return false;
    const auto& [directory, is_folder, awaits] = it->second;
    const bool is_plugins = !directory.empty() || is_folder;
    const bool is_way = awaits.contains(std::string{event.name}) || ((event.mask & goes_itself) != 0 && !is_folder);
    if (is_plugins && !is_passed_over(event.name) && (event.mask & IN_IGNORED) == 0) {
      debounce_.changed(clock::now());
      // A folder, or a link to one; or one that could not be read.
      if (!directory.empty() && (event.mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) != 0 && !event.name.empty())
        watch_folder(directory + "/" + std::string{event.name});
    }
    if ((event.mask & IN_IGNORED) != 0) watches_.erase(event.watch);
    return is_way;
  }

  /// Watches all that is there now and nothing else. Whether other directories are watched than before.
  bool watch_all() {
    auto before = std::exchange(watches_, {});
    for (const auto& directory : directories_) {
      watch_way(directory);
      watch_directory(directory);
      if (!inotify_) return true;
    }
    for (const auto& [watch, unused] : before)
      if (!watches_.contains(watch)) ::inotify_rm_watch(inotify_.get(), watch);
    const auto directories_of = [](const std::map<int, role>& watches) {
      std::set<std::pair<int, std::string>> all;
      for (const auto& [watch, why] : watches)
        if (!why.directory.empty()) all.emplace(watch, why.directory);
      return all;
    };
    return directories_of(before) != directories_of(watches_);
  }

  /// Watches the last folder above the directory that is there for the next one to come.
  void watch_way(const fs::path& directory) {
    auto next = directory;
    role* above = nullptr;
    while (next.has_relative_path() && !(above = watch(next.parent_path(), who_comes_and_goes)))
      next = next.parent_path();
    while (above) {
      above->awaits.insert(next.filename());
      // It may have come before it was watched for.
      std::error_code fault;
      if (next == directory || !fs::is_directory(next, fault)) return;
      above = watch(next, who_comes_and_goes);
      if (!above && inotify_ && !fs::exists(directory, fault) && fs::exists(next, fault))
        return give_up(next.string() + " may not be read, so that " + directory.string() + " is not seen to appear");
      next = further(next, directory);
    }
  }

  /// The path one step beyond `from`, on the way to `to`.
  static fs::path further(const fs::path& from, const fs::path& to) {
    auto step = to.begin();
    std::advance(step, std::distance(from.begin(), from.end()));
    return from / *step;
  }

  void watch_directory(const fs::path& directory) {
    auto* watched = watch(directory, whatever_happens);
    if (!watched) return;
    watched->directory = directory;
    each_entry(directory, [this](const fs::directory_entry& entry) {
      if (is_folder(entry)) watch_folder(entry.path());
    });
  }

  void watch_folder(const fs::path& folder) {
    if (auto* watched = watch(folder, whatever_happens)) watched->is_folder = true;
  }

  /// Null when it is no folder, is not there or may not be read.
  role* watch(const fs::path& path, std::uint32_t mask) {
    if (!inotify_) return nullptr;
    // One folder may be there for several reasons, under several paths.
    const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), mask | IN_ONLYDIR | IN_MASK_ADD);
    if (watch >= 0) return &watches_[watch];
    if (errno == ENOSPC)
      give_up("the kernel has no watches left; raise fs.inotify.max_user_watches");
    else if (errno == ENOMEM)
      give_up("the kernel has no memory left for watches");
    return nullptr;
  }

  void give_up(const std::string& why) {
    const auto every = how_.poll_interval.count();
    gave_up_ = "plugin directories are looked at every " +
               (every % 1000 == 0 ? std::to_string(every / 1000) + " s" : std::to_string(every) + " ms") +
               " instead of being watched: " + why;
    inotify_.reset();
    watches_.clear();
    seen_ = fingerprint::of(directories_);
  }

  void poll_folders(const std::stop_token& token) {
    const auto until = debounce_.due() ? *debounce_.due() : clock::now() + how_.poll_interval;
    std::unique_lock lock{mutex_};
    if (stopping_.wait_until(lock, token, until, [&] { return token.stop_requested(); })) return;
    const auto now = fingerprint::of(directories_);
    if (!now || now == seen_) return;
    seen_ = now;
    debounce_.changed(clock::now());
  }

  std::vector<fs::path> directories_;
  std::function<void()> changed_;
  std::function<void(std::string)> fault_;
  const options how_;
  descriptor stop_;
  descriptor inotify_;
  std::map<int, role> watches_;
  debounce debounce_;

  // Where inotify cannot be had.
  std::string gave_up_;
  std::optional<std::uint64_t> seen_;
  std::mutex mutex_;
  std::condition_variable_any stopping_;
};

folder_watch::folder_watch(std::vector<fs::path> directories, std::function<void()> changed,
                           std::function<void(std::string)> fault, options how)
    : watcher_{std::make_unique<watcher>(std::move(directories), std::move(changed), std::move(fault), how)},
      thread_{[this](const std::stop_token& token) {
        ::pthread_setname_np(::pthread_self(), "folder-watch");
        watcher_->run(token);
      }} {}

folder_watch::folder_watch(std::vector<fs::path> directories, std::function<void()> changed,
                           std::function<void(std::string)> fault)
    : folder_watch{std::move(directories), std::move(changed), std::move(fault), options{}} {}

folder_watch::~folder_watch() = default;

}  // namespace streamspace
