#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// Who is told of what is written to a storage. Costs those who write nothing while nobody is. Thread-safe.
class storage_observation {
 public:
  void begin(std::weak_ptr<storage_observer> who) {
    std::lock_guard lock{mutex_};
    who_ = std::move(who);
    any_.store(true, std::memory_order_release);
  }

  /// Calls it with the observer, if there is one.
  template <class Tell>
  void tell(Tell&& what) const {
    if (!any_.load(std::memory_order_acquire)) return;
    std::shared_ptr<storage_observer> present;
    {
      std::lock_guard lock{mutex_};
      present = who_.lock();
    }
    if (present) what(*present);
  }

 private:
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::weak_ptr<storage_observer> who_;
};

}  // namespace streamspace
