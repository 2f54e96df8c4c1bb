#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// Who is told of what is written to a storage. Costs those who write nothing while nobody is. Thread-safe.
class storage_observation {
 public:
  void begin(std::weak_ptr<storage_observer> who) {
    std::lock_guard lock{mutex_};
    std::erase_if(all_, [](const auto& each) { return each.expired(); });
    all_.push_back(std::move(who));
    any_.store(true, std::memory_order_release);
  }

  /// Calls it with each observer.
  template <class Tell>
  void tell(Tell&& what) const {
    if (!any_.load(std::memory_order_acquire)) return;
    std::vector<std::weak_ptr<storage_observer>> all;
    {
      std::lock_guard lock{mutex_};
      all = all_;
    }
    for (const auto& each : all)
      if (const auto present = each.lock()) what(*present);
  }

 private:
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<storage_observer>> all_;
};

}  // namespace streamspace
