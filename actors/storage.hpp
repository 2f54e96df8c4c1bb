#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/storage_gatherer.hpp>

namespace streamspace {

/// As read_storage_answers() has it.
struct storage_answer {
  std::optional<std::string> value;
};

/// The rows of plugin_storage, for all plugins. A write is answered when it is committed. Errors: database_error,
/// timeout, database_unreachable, unavailable.
using storage_actor = caf::typed_actor<caf::replies_to<atom::exec, storage_request>::with<storage_answer>>;

class storage_state {
 public:
  static constexpr const char* name = "streamspace.storage";
  std::unique_ptr<storage_gatherer> gatherer;
};

/// `deadline` is that of each statement.
storage_actor::behavior_type storage(storage_actor::stateful_pointer<storage_state> self, db_pool_actor database,
                                     std::chrono::milliseconds deadline);

}  // namespace streamspace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::storage_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(streamspace::storage_answer)
