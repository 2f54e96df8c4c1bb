#pragma once

#include <chrono>
#include <memory>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/registry.hpp>

namespace streamspace {

/// A loaded plugin. Its code runs in this actor's turns only. Every answer is what the plugin's hook came to; the hooks
/// themselves run ahead of waiting events, `drain` is answered after all events and requests that were accepted before
/// it.
using plugin_actor = caf::typed_actor<caf::reacts_to<atom::wake>, caf::replies_to<atom::load>::with<call_outcome>,
                                      /// Runs on_enable; everything that is registered is in force when it is answered.
                                      caf::replies_to<atom::enable>::with<call_outcome>, caf::reacts_to<atom::drain>,
                                      caf::replies_to<atom::disable>::with<call_outcome>,
                                      /// Runs on_unload; the actor ends then.
                                      caf::replies_to<atom::unload>::with<call_outcome>>;

struct plugin_setup {
  plugin_factory factory;
  json config;
  plugin_services services;
  std::shared_ptr<plugin_cell> cell;
  event_bus_actor bus;
  api_registry_actor api;
  ui_registry_actor ui;
  std::chrono::milliseconds publish_timeout{10'000};
};

struct plugin_actor_state {
  static constexpr const char* name = "streamspace.plugin";

  ~plugin_actor_state();

  std::shared_ptr<plugin_cell> cell;
  std::unique_ptr<registration_sink> sink;
  std::unique_ptr<plugin_instance> instance;
};

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup config);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::call_outcome)
