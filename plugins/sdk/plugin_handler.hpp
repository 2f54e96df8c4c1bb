#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/user.hpp>

namespace streamspace {

class plugin_context;

/// What one version of a plugin hands over to the one that takes its place.
struct saved_state {
  std::string version;  ///< Of the plugin that saved it.
  json data;            ///< As save_state() made it.
};

/// What every plugin class implements (the seed's PluginHandler). All of it runs in the plugin's own turn: one call at
/// a time, never two at once, so no member needs a mutex. The context is valid from on_load until on_unload returns.
/// What a hook throws is that hook's failure: from on_load and on_enable it undoes the load; from the others it is
/// logged, counted and collected by a synchronous emit.
class plugin_handler {
 public:
  virtual ~plugin_handler() = default;

  /// Once, first. What it registers (subscriptions, routes, components) is published after on_enable, all of it or
  /// nothing.
  virtual void on_load(plugin_context& ctx) = 0;
  /// Once, last. What the plugin registered is gone already.
  virtual void on_unload(plugin_context& ctx) = 0;
  /// After on_load, and whenever the plugin is enabled again. What it registers is dropped at the next on_disable.
  virtual void on_enable(plugin_context& ctx) = 0;
  /// Events and requests no longer reach the plugin when this is called.
  virtual void on_disable(plugin_context& ctx) = 0;

  /// What the next version is to go on with, when it takes this one's place while events and requests come: any JSON,
  /// or bytes as json::binary(). Between two events; whatever comes later is the next one's. When the reload fails
  /// after this, the plugin goes on as if it had not been called.
  virtual json save_state(plugin_context& ctx) = 0;
  /// In the next version, after on_load and before on_enable, if the one before it has saved something (not null). When
  /// it throws, the one before goes on.
  virtual void restore_state(plugin_context& ctx, const saved_state& from) = 0;

  /// ctx.config() has another value from now on, and the schema declares `"reloadOnChange": false` for all that has
  /// changed (else the plugin is reloaded instead). When it throws, the configuration is as it was before.
  virtual void on_config_changed(plugin_context& ctx, const json& before, const json& after) = 0;

  virtual void on_session_created(plugin_context& ctx, const session& s) = 0;
  virtual void on_session_started(plugin_context& ctx, const session& s) = 0;
  virtual void on_session_stopped(plugin_context& ctx, const session& s) = 0;
  virtual void on_session_hibernated(plugin_context& ctx, const session& s) = 0;
  virtual void on_session_woken(plugin_context& ctx, const session& s) = 0;
  virtual void on_session_deleted(plugin_context& ctx, const session& s) = 0;

  virtual void on_user_created(plugin_context& ctx, const user& u) = 0;
  virtual void on_user_updated(plugin_context& ctx, const user& u) = 0;
  virtual void on_user_deleted(plugin_context& ctx, const user& u) = 0;
  virtual void on_user_login(plugin_context& ctx, const user& u) = 0;
  virtual void on_user_logout(plugin_context& ctx, const user& u) = 0;
};

/// Every hook as a no-op; plugins derive from it and override what they need.
class base_plugin : public plugin_handler {
 public:
  void on_load(plugin_context&) override {}
  void on_unload(plugin_context&) override {}
  void on_enable(plugin_context&) override {}
  void on_disable(plugin_context&) override {}

  json save_state(plugin_context&) override { return nullptr; }
  void restore_state(plugin_context&, const saved_state&) override {}
  void on_config_changed(plugin_context&, const json&, const json&) override {}

  void on_session_created(plugin_context&, const session&) override {}
  void on_session_started(plugin_context&, const session&) override {}
  void on_session_stopped(plugin_context&, const session&) override {}
  void on_session_hibernated(plugin_context&, const session&) override {}
  void on_session_woken(plugin_context&, const session&) override {}
  void on_session_deleted(plugin_context&, const session&) override {}

  void on_user_created(plugin_context&, const user&) override {}
  void on_user_updated(plugin_context&, const user&) override {}
  void on_user_deleted(plugin_context&, const user&) override {}
  void on_user_login(plugin_context&, const user&) override {}
  void on_user_logout(plugin_context&, const user&) override {}
};

/// Which event hooks a plugin class has: bit i stands for event_types::all[i]. Hooks left at base_plugin's no-op are
/// not subscribed, so an event costs nothing for plugins that do not care.
using event_hooks = std::uint16_t;
inline constexpr event_hooks all_event_hooks = (1U << 11U) - 1U;

/// The hooks that Plugin overrides. A hook that cannot be looked at from here (a private override) counts as
/// overridden.
template <std::derived_from<plugin_handler> Plugin>
consteval event_hooks hooks_of() {
  event_hooks hooks = 0;
  unsigned bit = 0;
#define STREAMSPACE_HOOK(name)                                                        \
  {                                                                                   \
    constexpr bool left_out = [] {                                                    \
      if constexpr (requires { &Plugin::name; })                                      \
        return std::is_same_v<decltype(&Plugin::name), decltype(&base_plugin::name)>; \
      else                                                                            \
        return false;                                                                 \
    }();                                                                              \
    if (!left_out) hooks = static_cast<event_hooks>(hooks | (1U << bit));             \
    ++bit;                                                                            \
  }
  STREAMSPACE_HOOK(on_session_created)
  STREAMSPACE_HOOK(on_session_started)
  STREAMSPACE_HOOK(on_session_stopped)
  STREAMSPACE_HOOK(on_session_hibernated)
  STREAMSPACE_HOOK(on_session_woken)
  STREAMSPACE_HOOK(on_session_deleted)
  STREAMSPACE_HOOK(on_user_created)
  STREAMSPACE_HOOK(on_user_updated)
  STREAMSPACE_HOOK(on_user_deleted)
  STREAMSPACE_HOOK(on_user_login)
  STREAMSPACE_HOOK(on_user_logout)
#undef STREAMSPACE_HOOK
  return hooks;
}

}  // namespace streamspace
