#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/messages/caf/type_ids.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// A loaded plugin as the registries know it: where its deliveries go, and whose end takes its registrations away.
struct plugin_ref {
  std::shared_ptr<plugin_cell> cell;
  caf::actor_addr actor;
};

/// Keeps what every plugin has registered of one kind (subscriptions, routes, UI components). What belongs to a plugin
/// leaves when the plugin's actor ends, whatever the cause.
template <class Item>
using registry_actor = caf::typed_actor<
    /// Replaces all that this plugin has registered; answered when it is in force.
    caf::reacts_to<atom::publish, plugin_ref, std::vector<Item>>,
    /// Drops all of this plugin, and whatever it publishes after that; answered when it is in force.
    caf::reacts_to<atom::remove, plugin_ref>>;

/// A plugin with all its items.
template <class Item>
struct owned_items {
  plugin_ref owner;
  std::vector<Item> items;
};

template <class Item>
struct registry_state {
  std::vector<owned_items<Item>> plugins;  ///< In the order of their first registration.
  std::set<caf::actor_addr> removed;       ///< Plugins that get no items any more, until their actors have ended.
};

/// `changed` is called in the registry's turn after every change with all that is registered; it publishes what readers
/// see.
template <class Item>
typename registry_actor<Item>::behavior_type registry(
    typename registry_actor<Item>::template stateful_pointer<registry_state<Item>> self,
    std::function<void(const std::vector<owned_items<Item>>&)> changed) {
  const auto drop = [self, changed](const caf::actor_addr& actor) {
    if (std::erase_if(self->state.plugins, [&](const auto& p) { return p.owner.actor == actor; }) > 0)
      changed(self->state.plugins);
  };
  self->set_down_handler([self, drop](const caf::down_msg& down) {
    self->state.removed.erase(down.source);
    drop(down.source);
  });
  return {
      [self, changed](atom::publish, const plugin_ref& owner, std::vector<Item>& items) {
        auto& [plugins, removed] = self->state;
        if (removed.contains(owner.actor)) return;
        const auto present =
            std::find_if(plugins.begin(), plugins.end(), [&](const auto& p) { return p.owner.actor == owner.actor; });
        if (present == plugins.end()) {
          self->monitor(owner.actor);
          plugins.push_back({owner, std::move(items)});
        } else {
          present->items = std::move(items);
        }
        changed(plugins);
      },
      [self, drop](atom::remove, const plugin_ref& owner) {
        if (self->state.removed.insert(owner.actor).second) self->monitor(owner.actor);
        drop(owner.actor);
      },
  };
}

using event_bus_actor = registry_actor<subscription_ptr>;
using api_registry_actor = registry_actor<plugin_route_ptr>;
using ui_registry_actor = registry_actor<ui_component>;

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::plugin_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::subscription_ptr>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::plugin_route_ptr>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<streamspace::ui_component>)
