#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/sdk/plugin_handler.hpp>

namespace streamspace {

/// How a plugin comes into being: what it says of itself, which hooks it has, and how to make one.
struct plugin_factory {
  plugin_manifest manifest;
  event_hooks hooks = all_event_hooks;
  /// Called in the new plugin's own turn, once a load. What it throws fails that load.
  std::function<std::unique_ptr<plugin_handler>()> create;
};

/// The manifest of a plugin that brings none.
inline plugin_manifest plain_manifest(std::string name, std::string version = "1.0.0") {
  plugin_manifest m;
  m.display_name = name;
  m.name = std::move(name);
  m.version = std::move(version);
  return m;
}

/// A factory for a class that is default-constructed.
template <std::derived_from<plugin_handler> Plugin>
requires std::default_initializable<Plugin> plugin_factory make_plugin_factory(plugin_manifest manifest) {
  return {std::move(manifest), hooks_of<Plugin>(), [] { return std::make_unique<Plugin>(); }};
}

}  // namespace streamspace
