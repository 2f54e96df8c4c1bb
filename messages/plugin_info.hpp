#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// Counts since the plugin was loaded.
struct plugin_counters {
  std::uint64_t delivered = 0;  ///< Events whose handler returned.
  std::uint64_t failed = 0;     ///< Events whose handler threw.
  std::uint64_t dropped = 0;    ///< Events that its inbox did not take.
  std::uint64_t requests = 0;   ///< HTTP requests that its handlers answered.
  std::uint64_t queued = 0;     ///< Waiting in the inbox now.
};

/// A plugin of the runtime as the outside sees it (the seed's LoadedPlugin). A copy: it does not change.
struct loaded_plugin {
  std::string name;
  std::string version;
  plugin_state state = plugin_state::loading;
  bool builtin = true;
  json config = json::object();
  plugin_manifest manifest;
  std::optional<timestamp> loaded_at;
  std::string last_error;  ///< Why it failed; empty when it did not.
  plugin_counters counters;

  bool enabled() const noexcept { return state == plugin_state::enabled; }
};

void to_json(json& out, const loaded_plugin& p);

/// What a load asks for. Without a manifest the one that the plugin's factory was registered with is taken.
struct load_options {
  std::string name;
  std::string version;
  json config = json::object();
  std::optional<plugin_manifest> manifest;
  bool enable = true;  ///< Whether on_enable follows on_load.
};

}  // namespace streamspace
