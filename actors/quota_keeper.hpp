#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/storage_accounts.hpp>
#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// Finds now and then what plugins have in the database: the tables of their schemas, which are not asked when a plugin
/// writes to them, and the rows of their storage, to which other hosts may write too. What is over its quota is logged.
/// One statement at a time.
using quota_keeper_actor = caf::typed_actor<caf::reacts_to<atom::verify>>;

struct quota_keeper_options {
  std::shared_ptr<const storage_accounts> accounts;
  bool schemas = true;  ///< Whether plugins have some.
  std::chrono::milliseconds interval{60'000};
  std::chrono::milliseconds deadline{60'000};
  log_sink log = [](const log_record&) {};
};

struct quota_keeper_state {
  static constexpr const char* name = "streamspace.quota-keeper";

  std::deque<storage_accounts::account> to_measure;
  std::map<std::string, bool> over;  ///< Whether a plugin was over its quota when it was last seen to.
};

quota_keeper_actor::behavior_type quota_keeper(quota_keeper_actor::stateful_pointer<quota_keeper_state> self,
                                               db_pool_actor database, quota_keeper_options options);

}  // namespace streamspace
