#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/storage_observers.hpp>
#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// Looks, again and again, at the versions of those keys in the database that plugins watch, so that they are told of
/// what other hosts and other programs have written and of what has expired. One statement at a time; nobody who writes
/// pays for it, and without watches nothing is asked.
using storage_watcher_actor = caf::typed_actor<caf::reacts_to<atom::find>>;

struct storage_watcher_options {
  std::shared_ptr<const storage_observers> observers;
  /// Between two rounds; longer when a round takes more than a twentieth of it.
  std::chrono::milliseconds interval{1'000};
  std::chrono::milliseconds deadline{10'000};
  log_sink log = [](const log_record&) {};
};

struct storage_watcher_state {
  static constexpr const char* name = "streamspace.storage-watcher";

  struct look {
    storage_observers::observer by;
    std::string prefix;
  };
  std::deque<look> left;  ///< Of this round.
  std::chrono::steady_clock::time_point begun;
  std::set<std::pair<std::string, std::string>> in_trouble;  ///< Plugins and prefixes whose trouble is said.
};

storage_watcher_actor::behavior_type storage_watcher(
    storage_watcher_actor::stateful_pointer<storage_watcher_state> self, db_pool_actor database,
    storage_watcher_options options);

}  // namespace streamspace
