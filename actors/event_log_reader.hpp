#pragma once

#include <chrono>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/messages/log_record.hpp>

namespace streamspace {

struct event_log_reader_setup {
  db_pool_actor database;
  std::chrono::milliseconds deadline{10'000};
  log_sink log = [](const log_record&) {};
};

struct event_log_reader_state {
  static constexpr const char* name = "streamspace.event-log-reader";
};

event_log_actor::behavior_type event_log_reader(event_log_actor::stateful_pointer<event_log_reader_state> self,
                                                event_log_reader_setup setup);

}  // namespace streamspace
