#pragma once

#include <map>
#include <memory>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/plugins/code/plugin_sources.hpp>
#include <streamspace/plugins/discovery/folder_watch.hpp>

namespace streamspace {

struct discovery_setup {
  std::shared_ptr<plugin_sources> sources;
  log_sink log;
};

/// Looks through the directories of plugins when it is asked to, and when something in them has changed. It blocks on
/// the file system, so it wants a thread of its own.
struct discovery_state {
  static constexpr const char* name = "streamspace.discovery";

  void discover();

  discovery_setup setup;
  std::map<std::string, std::string> said;  ///< By file or directory: what is wrong with it, as far as it was logged.
  std::unique_ptr<folder_watch> watch;
};

discovery_actor::behavior_type discovery(discovery_actor::stateful_pointer<discovery_state> self,
                                         discovery_setup setup);

}  // namespace streamspace
