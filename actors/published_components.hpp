#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/messages/ui_component.hpp>

namespace streamspace {

/// The registered components as readers see them (the seed's UIRegistry). The ui registry publishes, anyone reads.
/// Thread-safe.
class published_components {
 public:
  struct item {
    ui_component component;
    std::shared_ptr<plugin_cell> owner;
  };

  void publish(std::vector<item> items);
  /// {widgets, adminWidgets, pages, adminPages, menuItems} of the enabled plugins, without what the caller may not see.
  json document(const principal& caller) const;
  /// How many of a plugin's there are, seen or not.
  std::size_t count_of(std::string_view plugin) const;

 private:
  std::shared_ptr<const std::vector<item>> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<item>> items_ = std::make_shared<const std::vector<item>>();
};

}  // namespace streamspace
