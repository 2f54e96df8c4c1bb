#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <streamspace/plugins/sdk/plugin_context.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace::testing {

/// What a plugin of a test does in its hooks; a hook that is empty does nothing.
struct plugin_script {
  using hook = std::function<void(plugin_context&)>;
  hook on_load = {};
  hook on_unload = {};
  hook on_enable = {};
  hook on_disable = {};
  std::function<void(plugin_context&, const session&)> on_session_created = {};
};

class scripted_plugin final : public base_plugin {
 public:
  explicit scripted_plugin(plugin_script script) : script_{std::move(script)} {}

  void on_load(plugin_context& ctx) override { run(script_.on_load, ctx); }
  void on_unload(plugin_context& ctx) override { run(script_.on_unload, ctx); }
  void on_enable(plugin_context& ctx) override { run(script_.on_enable, ctx); }
  void on_disable(plugin_context& ctx) override { run(script_.on_disable, ctx); }
  void on_session_created(plugin_context& ctx, const session& s) override { script_.on_session_created(ctx, s); }

 private:
  static void run(const plugin_script::hook& hook, plugin_context& ctx) {
    if (hook) hook(ctx);
  }

  plugin_script script_;
};

/// A plugin for register_builtin; each load runs a copy of the script.
inline plugin_factory scripted(std::string name, plugin_script script, json default_config = json::object()) {
  auto manifest = plain_manifest(std::move(name));
  manifest.default_config = std::move(default_config);
  const event_hooks hooks = script.on_session_created ? 1 : 0;
  return {std::move(manifest), [script = std::move(script), hooks] {
            return made_plugin{nullptr, std::make_unique<scripted_plugin>(script), hooks};
          }};
}

}  // namespace streamspace::testing
