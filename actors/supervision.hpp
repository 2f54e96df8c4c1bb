#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <streamspace/actors/restart_policy.hpp>
#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What the runtime does about a plugin whose code fails. As JSON (the member `supervision` of a manifest) an object
/// with the members in brackets; members that are not there keep the runtime's setting.
struct supervision {
  enum class strategy : std::uint8_t {
    resume,   ///< The event is given up, and the plugin goes on. A plugin_crash restarts it all the same.
    restart,  ///< A new instance takes the plugin's place and goes on with the events that the old one had not handled.
    stop,     ///< The plugin is unloaded and counts as failed.
  };

  strategy on_failure = strategy::resume;  ///< [on_failure: "resume" | "restart" | "stop"]
  restart_limits restarts;                 ///< Past them the plugin counts as failed. [restarts]
  /// An event that makes the plugin crash is handled so often at most, then it is a dead letter. 1 to 255.
  /// [most_attempts]
  unsigned most_attempts = 3;
  /// A subscription that fails so often in a row gets no more events until it is released; 0: never. [quarantine_after]
  unsigned quarantine_after = 1'000;
  /// A handler that takes longer has failed, though it returned in the end; 0: as long as it likes. Told to some ten
  /// milliseconds. [handler_deadline_ms]
  std::chrono::milliseconds handler_deadline{0};
};

std::string_view to_string(supervision::strategy s) noexcept;

/// Unknown members are ignored. Throws error (invalid_argument, naming the member) and leaves `s` alone when a member
/// is of the wrong kind or out of range.
void from_json(const json& in, supervision& s);

}  // namespace streamspace
