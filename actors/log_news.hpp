#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace streamspace {

/// Of which types this host has written events to the log, until those who follow it are told. Thread-safe.
class log_news {
 public:
  /// `announce` is called when there is something to take, once until it is taken; on the thread that adds, and must
  /// not block. Before the first add().
  void on_news(std::function<void()> announce) { announce_ = std::move(announce); }

  void add(const std::set<std::string>& types) {
    {
      std::lock_guard lock{mutex_};
      types_.insert(types.begin(), types.end());
      if (std::exchange(announced_, true)) return;
    }
    announce_();
  }

  std::set<std::string> take() {
    std::lock_guard lock{mutex_};
    announced_ = false;
    return std::exchange(types_, {});
  }

 private:
  std::function<void()> announce_;
  std::mutex mutex_;
  std::set<std::string> types_;
  bool announced_ = false;
};

}  // namespace streamspace
