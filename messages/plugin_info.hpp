#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// Where a plugin stands. Events and requests reach it only while `enabled`.
enum class plugin_state : std::uint8_t {
  discovered,
  installed,
  loading,
  enabled,
  disabled,
  draining,
  restarting,
  quarantined,
  failed,
  unloaded,
};

std::string_view to_string(plugin_state state) noexcept;

/// Counts since the plugin was loaded; they go on when it is reloaded while it serves.
struct plugin_counters {
  std::uint64_t delivered = 0;  ///< Events whose handler returned.
  std::uint64_t failed = 0;     ///< Events whose handler threw.
  std::uint64_t dropped = 0;    ///< Events that its inbox did not take.
  std::uint64_t requests = 0;   ///< HTTP requests that its handlers answered.
  std::uint64_t queued = 0;     ///< Waiting in the inbox now.
  std::uint64_t retried = 0;    ///< Events that were handled again after a crash.
  std::uint64_t restarts = 0;
};

/// How a plugin's turns go. Times are measured for each turn, and sampled for events: the first of a turn.
struct plugin_turns {
  std::string executor = "pool";  ///< "pool", or "own" while it has a thread of its own.
  std::chrono::nanoseconds turn_p50{};
  std::chrono::nanoseconds turn_p99{};
  std::chrono::nanoseconds longest_turn{};
  std::chrono::nanoseconds wait_p50{};  ///< From the emit to the begin of the handler.
  std::chrono::nanoseconds wait_p99{};
  std::chrono::nanoseconds handler_p50{};  ///< From the begin of the handler to its end.
  std::chrono::nanoseconds handler_p99{};
  std::chrono::nanoseconds oldest_waiting{};  ///< How long the event at the head of the inbox has waited.
  std::uint64_t queued_bytes = 0;             ///< Of the waiting events, approximately.
};

/// Something about a plugin that its supervisor has to see to.
struct plugin_trouble {
  enum class kind : std::uint8_t {
    crash,       ///< Its turns rest until it is restarted or unloaded.
    give_up,     ///< The same, and it is not to be restarted.
    quarantine,  ///< Of a subscription, whose pattern is `what`.
  };

  kind of = kind::crash;
  std::string what;
  const void* from = nullptr;  ///< Which of the plugins that bore this name in turn; only to compare.
};

/// A plugin of the runtime as the outside sees it (the seed's LoadedPlugin). A copy: it does not change.
struct loaded_plugin {
  std::string name;
  std::string version;
  plugin_state state = plugin_state::loading;
  bool builtin = true;
  std::string file;         ///< Of its code, where it is not built in.
  std::string code_sha256;  ///< Of that file, in hexadecimal digits, while it is loaded.
  json config = json::object();
  plugin_manifest manifest;
  std::optional<timestamp> loaded_at;
  std::string last_error;  ///< Why it failed; empty when it did not.
  plugin_counters counters;
  plugin_turns turns;
  std::vector<std::string> quarantined;  ///< Patterns of the subscriptions that get no events until released.

  bool enabled() const noexcept { return state == plugin_state::enabled; }
};

void to_json(json& out, const loaded_plugin& p);

/// What a load asks for. Without a manifest the one that the plugin's factory was registered with is taken.
struct load_options {
  std::string name;
  std::string version;
  json config = json::object();
  std::optional<plugin_manifest> manifest;
  bool enable = true;       ///< Whether on_enable follows on_load.
  std::string code_sha256;  ///< What the file of its code must have, in hexadecimal digits; empty: anything.
};

/// What is done about plugins that need one that is to be stopped.
enum class dependents : std::uint8_t {
  forbid,  ///< The operation is refused, naming them.
  stop,    ///< The same is done to them first.
};

/// A plugin that could be loaded, or what looks like one and cannot be.
struct available_plugin {
  std::string name;
  std::string version;
  bool builtin = false;
  std::string file;      ///< Of its code, where it is not built in.
  std::string rejected;  ///< Why it cannot be loaded; empty when it can, as far as that is seen without opening it.
};

/// {name, version, builtin, state: available | rejected, file?, why?}
void to_json(json& out, const available_plugin& p);

}  // namespace streamspace
