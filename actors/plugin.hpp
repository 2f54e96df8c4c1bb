#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/registry.hpp>
#include <streamspace/messages/caf/interfaces.hpp>

namespace streamspace {

struct plugin_setup;
using plugin_setup_ptr = std::shared_ptr<plugin_setup>;
using plugin_cell_ptr = std::shared_ptr<plugin_cell>;
using config_ptr = std::shared_ptr<const json>;

/// A loaded plugin. Its code runs in the turns of its cell, on threads of the turn pool; this actor stands for it among
/// the others, who ask it for hooks and see it end. The hooks run ahead of waiting events, `drain` is answered after
/// all events and requests that were accepted before it.
using plugin_actor =
    caf::typed_actor<caf::replies_to<atom::load>::with<call_outcome>,
                     /// Runs on_enable; everything that is registered is in force when it is answered.
                     caf::replies_to<atom::enable>::with<call_outcome>, caf::reacts_to<atom::drain>,
                     caf::replies_to<atom::disable>::with<call_outcome>,
                     /// Runs on_unload; the actor ends then.
                     caf::replies_to<atom::unload>::with<call_outcome>,
                     /// Puts a new instance in the place of one that crashed, loads and enables it;
                     /// when that has worked, it goes on with what the old one had not handled.
                     caf::replies_to<atom::restart>::with<call_outcome>,
                     /// Loads an instance beside the one that serves, in turns of another cell.
                     caf::replies_to<atom::prepare, plugin_setup_ptr, plugin_cell_ptr>::with<call_outcome>,
                     /// Has it take the place of the one that serves, which goes on if that fails.
                     caf::replies_to<atom::take_over>::with<call_outcome>,
                     /// Unloads the one that has served before.
                     caf::replies_to<atom::retire>::with<call_outcome>,
                     /// Instead of that: unloads the one that was prepared, and takes back what it has done to its
                     /// tables, if that is wanted.
                     caf::replies_to<atom::abandon, bool>::with<call_outcome>,
                     /// Gives the plugin another configuration without a reload.
                     caf::replies_to<atom::change, config_ptr>::with<call_outcome>,
                     /// Brings subscriptions with this pattern out of quarantine.
                     caf::replies_to<atom::release, std::string>::with<call_outcome>,
                     /// Gives up what waits; the actor ends when the plugin's code has returned.
                     caf::reacts_to<atom::give_up>,
                     /// From the plugin's turn: what was asked for is done.
                     caf::reacts_to<atom::done, std::uint64_t, call_outcome>,
                     /// From the plugin's turn; goes on to the supervisor, in order with the answers.
                     caf::reacts_to<atom::trouble, plugin_trouble>>;

class event_log;
struct handover;

struct plugin_setup {
  plugin_factory factory;
  json config;
  plugin_services services;
  std::shared_ptr<plugin_cell> cell;
  event_bus_actor bus;
  api_registry_actor api;
  ui_registry_actor ui;
  std::shared_ptr<streamspace::event_log> event_log;  ///< Null without a database.
  runtime_actor supervisor;
  std::chrono::milliseconds publish_timeout{10'000};
};

struct plugin_actor_state {
  static constexpr const char* name = "streamspace.plugin";

  ~plugin_actor_state();

  /// An instance that is to take the plugin's place.
  struct successor {
    plugin_setup_ptr setup;
    plugin_cell_ptr beside;  ///< In whose turns it is loaded, and the one before it unloaded.
    std::shared_ptr<handover> parts;
  };

  plugin_setup_ptr setup;  ///< For a new instance.
  std::shared_ptr<plugin_cell> cell;
  std::map<std::uint64_t, caf::typed_response_promise<call_outcome>> hooks;  ///< Those that have not returned.
  std::map<std::uint64_t, caf::response_promise> drains;
  std::uint64_t next_ticket = 0;
  std::optional<std::uint64_t> last_ticket;  ///< After this one the actor ends.
  std::optional<successor> next;
};

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup config);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::call_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::plugin_setup_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::plugin_cell_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::config_ptr)
