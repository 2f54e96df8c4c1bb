#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/routing_table.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// The bus as emitters see it (the seed's EventBus). It reads the routing table that the event_bus actor published
/// last, and never asks an actor. The events of one emitter reach each plugin in the order in which they were emitted.
/// Thread-safe.
class event_bus final : public event_port {
 public:
  struct route {
    subscription_ptr target;
    std::shared_ptr<plugin_cell> cell;
  };
  using table = routing_table<route>;

  /// Returns at once. Subscriptions of plugins that are not enabled do not count as matched.
  emit_report emit(event_ptr e) override;
  /// One result for each matching subscription of an enabled plugin. Plugins handle the event side by side.
  sync_report emit_sync(event_ptr e, std::chrono::milliseconds deadline) override;

  void publish(std::shared_ptr<const table> routes) noexcept { routes_.store(std::move(routes)); }

 private:
  std::atomic<std::shared_ptr<const table>> routes_{std::make_shared<const table>()};
};

}  // namespace streamspace
