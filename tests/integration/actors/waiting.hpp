#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamspace::testing {

/// How long a test waits for what should happen soon: only a failing test waits it out.
inline constexpr std::chrono::seconds soon{30};

/// Lines from any thread, in the order in which they came.
class journal {
 public:
  void write(std::string line) {
    std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  std::vector<std::string> lines() const {
    std::lock_guard lock{mutex_};
    return lines_;
  }

  std::size_t count(const std::string& line) const {
    std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line));
  }

  /// Whether that many lines came soon.
  bool await(std::size_t lines) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, soon, [&] { return lines_.size() >= lines; });
  }

  void clear() {
    std::lock_guard lock{mutex_};
    lines_.clear();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// Where plugin code waits until the test lets it go on.
class door {
 public:
  /// Blocks until the door is open; throws when nobody opens it soon.
  void pass() {
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, soon, [&] { return open_; })) throw std::runtime_error{"nobody opened the door"};
    ++passed_;
    changed_.notify_all();
  }

  void open() {
    std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

  /// Whether so many came to the door, or went through it, soon.
  bool await_arrival(std::size_t many = 1) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, soon, [&] { return arrived_ >= many; });
  }
  bool await_passage(std::size_t many = 1) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, soon, [&] { return passed_ >= many; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  std::size_t arrived_ = 0;
  std::size_t passed_ = 0;
};

}  // namespace streamspace::testing
