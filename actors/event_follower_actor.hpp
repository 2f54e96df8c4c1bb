#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/event_follower.hpp>

namespace streamspace {

/// A durable subscription that is in force on this host: whom its events are for.
struct durable_target {
  std::shared_ptr<plugin_cell> cell;
  subscription_ptr subscription;
};

/// Something an actor does later, in its turn.
struct later {
  std::function<void()> what;
};

/// An event_follower on its own.
using event_follower_actor = caf::typed_actor<
    /// Whom the events are for from now on.
    caf::reacts_to<atom::follow, durable_target>,
    /// There may be something new.
    caf::reacts_to<atom::write>,
    /// Answered when it has let go of the cursor; it ends then.
    caf::reacts_to<atom::stop>,
    /// Its own.
    caf::reacts_to<atom::done, later>>;

struct event_follower_setup {
  cursor_name cursor;
  std::string holder;  ///< This host, as no other one is called or was.
  db_pool_actor database;
  std::chrono::milliseconds deadline{10'000};  ///< Of each statement.
  std::chrono::milliseconds lease{10'000};
  std::shared_ptr<event_bus> events;
  std::function<std::uint64_t()> next_letter;
  log_sink log = [](const log_record&) {};
};

struct event_follower_state {
  static constexpr const char* name = "streamspace.event-follower";

  std::shared_ptr<plugin_cell> cell;
  std::optional<event_follower> follower;
};

event_follower_actor::behavior_type event_follower_behavior(
    event_follower_actor::stateful_pointer<event_follower_state> self, event_follower_setup setup);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::durable_target)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::later)
