#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/routing_table.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// Whose subscriptions match which event, as of one moment: filled with add(), closed with seal(), and from then on
/// read by every emit without a lock. Keeps the subscriptions and the plugins' cells alive.
class routing_snapshot {
 public:
  /// Half a cache line, so that an emit need not look at the subscription itself, which lies elsewhere.
  struct route {
    subscription* target;
    plugin_cell* cell;
    subscription_key key;
    bool selective;   ///< The subscription has a filter, or wants one event only.
    bool makes_room;  ///< Where its plugin's inbox is full, its overflow policy waits for room or makes it.

    /// A visit follows soon.
    void expect() const noexcept { cell->expect_event(); }
  };
  static_assert(sizeof(route) == 32);

  /// Not after seal(). No emit finds a durable one.
  void add(subscription_ptr target, std::shared_ptr<plugin_cell> owner) {
    const route to{target.get(), owner.get(), target->key, target->filter || target->once,
                   owner->overflow_of(*target).makes_room()};
    target->durable ? durable_.push_back(to) : table_.add(target->pattern, target->priority, to);
    subscriptions_.push_back(std::move(target));
    if (cells_.empty() || cells_.back() != owner) cells_.push_back(std::move(owner));
  }
  void seal() { table_.seal(); }

  /// As of routing_table.
  void expect(const hashed_text& type) const noexcept { table_.expect(type); }
  template <class Visitor>
  std::size_t for_each_match(const hashed_text& type, Visitor&& visit) const {
    return table_.for_each_match(type, visit);
  }
  /// Of durable subscriptions too.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    table_.for_each(visit);
    for (const auto& r : durable_) visit(r);
  }

 private:
  routing_table<route> table_;
  std::vector<route> durable_;
  std::vector<subscription_ptr> subscriptions_;
  std::vector<std::shared_ptr<plugin_cell>> cells_;
};

}  // namespace streamspace
