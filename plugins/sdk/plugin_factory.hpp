#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/sdk/plugin_handler.hpp>

namespace streamspace {

/// A plugin as its code made it.
struct made_plugin {
  std::shared_ptr<const void> code;  ///< Keeps the code in memory; null for code of the program itself.
  std::unique_ptr<plugin_handler> handler;
  event_hooks hooks = all_event_hooks;  ///< Those that the class has.
  std::string code_sha256;              ///< Of the file of its code; empty for code of the program itself.
};

/// How a plugin comes into being: what it says of itself, and how to make one.
struct plugin_factory {
  plugin_manifest manifest;
  /// Called in the new plugin's own turn, once a load. What it throws fails that load.
  std::function<made_plugin()> make;
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
  return {std::move(manifest), [] { return made_plugin{nullptr, std::make_unique<Plugin>(), hooks_of<Plugin>()}; }};
}

}  // namespace streamspace
