#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace streamspace::bench {

/// Where handlers sleep until they are woken. Thread-safe.
class sleepers {
 public:
  /// Until wake(), but no longer than 30 s; returns at once after wake().
  void sleep() {
    std::unique_lock lock{mutex_};
    ++asleep_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds{30}, [this] { return woken_; });
  }

  void wake() {
    std::lock_guard lock{mutex_};
    woken_ = true;
    changed_.notify_all();
  }

  /// Whether so many have fallen asleep, which is waited for at most 10 s.
  bool await(std::size_t count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return asleep_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t asleep_ = 0;
  bool woken_ = false;
};

}  // namespace streamspace::bench
