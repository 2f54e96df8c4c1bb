#pragma once

#include <memory>

#include <caf/actor_system.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/runtime.hpp>
#include <streamspace/messages/caf/interfaces.hpp>

namespace streamspace {

/// A started runtime as actors see it, for programs that add actors of their own. The handles are of use until stop();
/// the system lives as long as the runtime, whose destruction waits for every actor in it: end what you spawned there.
struct runtime_actors {
  caf::actor_system& system;
  runtime_actor table;
  db_pool_actor database;  ///< Invalid when the runtime has none.
  dead_letter_actor dead_letters;
  event_log_actor event_log;  ///< Invalid when the runtime has no database.
  discovery_actor discovery;  ///< Invalid when the runtime has no directories of plugins.
  std::shared_ptr<event_bus> events;
};

/// Errors: conflict when the runtime is not started, unavailable when it has stopped.
runtime_actors actors_of(runtime& rt);

}  // namespace streamspace
