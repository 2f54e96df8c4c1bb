#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace streamspace {

/// Tells when something has changed in directories of plugins or in the folders directly below them: entries made,
/// removed, renamed, written to, or their permissions changed. What is_passed_over() names does not count. A directory
/// that is missing, is replaced, or is a symbolic link that is pointed elsewhere is noticed when it appears.
///
/// The kernel tells (inotify). Where it cannot, all is looked at again every `poll_interval`, until destruction.
class folder_watch {
 public:
  struct options {
    /// How long all must be quiet before a change is told. After ten times that it is told even if it never gets quiet.
    std::chrono::milliseconds debounce{200};
    std::chrono::milliseconds poll_interval{5'000};
  };

  /// Watches from when this returns: what changes later is told. Both functions are called on the watch's own thread,
  /// one at a time, must not throw and must not destroy the watch.
  /// `changed`: at least once after each change, whatever caused it; now and then without one.
  /// `fault`: at most once, with a sentence, when the kernel cannot watch. May be empty.
  folder_watch(std::vector<std::filesystem::path> directories, std::function<void()> changed,
               std::function<void(std::string)> fault, options how);
  folder_watch(std::vector<std::filesystem::path> directories, std::function<void()> changed,
               std::function<void(std::string)> fault = {});
  folder_watch(const folder_watch&) = delete;
  folder_watch& operator=(const folder_watch&) = delete;
  /// Waits for a call that is under way; there is none after it.
  ~folder_watch();

 private:
  class watcher;
  std::unique_ptr<watcher> watcher_;
  std::jthread thread_;
};

}  // namespace streamspace
