#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// The plugins that watch keys of their storage in the database; while one is reloaded, its old and its next version
/// may both. Thread-safe.
class storage_observers {
 public:
  struct observer {
    std::string plugin;
    std::shared_ptr<storage_observer> who;
  };

  void add(const std::string& plugin, std::weak_ptr<storage_observer> who) {
    std::lock_guard lock{mutex_};
    std::erase_if(all_, [](const auto& each) { return each.second.expired(); });
    all_.emplace_back(plugin, std::move(who));
  }

  std::vector<observer> list() const {
    std::lock_guard lock{mutex_};
    std::vector<observer> present;
    for (const auto& [plugin, each] : all_)
      if (auto who = each.lock()) present.push_back({plugin, std::move(who)});
    return present;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::weak_ptr<storage_observer>>> all_;
};

}  // namespace streamspace
