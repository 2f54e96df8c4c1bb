#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/actors/storage_account.hpp>

namespace streamspace {

/// The accounts of the plugins that are loaded. Each lives as long as whoever was given it. Thread-safe.
class storage_accounts {
 public:
  struct account {
    std::string plugin;
    std::shared_ptr<storage_account> its;
  };

  /// A new one; what was known of that plugin is forgotten.
  std::shared_ptr<storage_account> open(const std::string& plugin, std::uint64_t quota) {
    auto made = std::make_shared<storage_account>(quota);
    std::lock_guard lock{mutex_};
    std::erase_if(open_, [](const auto& each) { return each.second.expired(); });
    open_.emplace_back(plugin, made);
    return made;
  }

  std::vector<account> list() const {
    std::lock_guard lock{mutex_};
    std::vector<account> present;
    for (const auto& [plugin, its] : open_)
      if (auto one = its.lock()) present.push_back({plugin, std::move(one)});
    return present;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::weak_ptr<storage_account>>> open_;
};

}  // namespace streamspace
