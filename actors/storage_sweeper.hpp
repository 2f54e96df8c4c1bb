#pragma once

#include <chrono>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// Deletes the keys of plugins' storage that have expired, now and then and some at a time. Those are unreadable
/// before, so nothing depends on when it comes round. Hosts of one database do not get in each other's way.
using storage_sweeper_actor = caf::typed_actor<caf::reacts_to<atom::expire>>;

struct storage_sweeper_options {
  std::chrono::milliseconds interval{60'000};
  std::chrono::milliseconds deadline{10'000};
  int most_at_once = 5'000;
  log_sink log = [](const log_record&) {};
};

struct storage_sweeper_state {
  static constexpr const char* name = "streamspace.storage-sweeper";
};

storage_sweeper_actor::behavior_type storage_sweeper(
    storage_sweeper_actor::stateful_pointer<storage_sweeper_state> self, db_pool_actor database,
    storage_sweeper_options options);

}  // namespace streamspace
