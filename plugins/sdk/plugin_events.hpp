#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

class plugin_context;

/// A subscription that was just made, to say more about it in the same hook.
class subscription_ref {
 public:
  explicit subscription_ref(subscription& s) noexcept : subscription_{s} {}

  /// Among those who hear an event, higher ones get it first; 0 unless said otherwise.
  subscription_ref& priority(int p) noexcept;
  /// For one event, whatever comes of it.
  subscription_ref& once() noexcept;
  /// Only events for which the condition holds, `data.user_id == "u7"` say (event_filter.hpp). It is judged by the
  /// emitter, before anything is queued. Error invalid_argument, saying where, when it cannot be read.
  subscription_ref& where(std::string_view condition);
  /// What happens to events that find the plugin's inbox full, instead of what the runtime does.
  subscription_ref& overflow(overflow_policy policy) noexcept;

 private:
  subscription& subscription_;
};

/// A plugin's side of the event bus.
class plugin_events {
 public:
  explicit plugin_events(plugin_context& owner) noexcept : owner_{owner} {}

  /// Subscribes to a pattern: "session.created" is exactly that type, "session.*" any one segment, "session.>"
  /// everything below. In force when the hook that calls it returns. The handler runs in the plugin's turn, events in
  /// the order in which they were emitted. In turn only. Errors: invalid_argument, not_in_turn.
  subscription_ref on(std::string pattern, event_handler handler);

  /// Gives up every subscription made with exactly this pattern; how many. In turn only.
  std::size_t off(std::string_view pattern);

  /// Emits "plugin.{name}.{event}" and returns at once. Any thread. Errors: invalid_argument when the name is no event
  /// type.
  emit_report emit(std::string_view event_name, json data = json::object());

  /// Emits an event under a type that is not the plugin's own ("session.terminated"). Any thread. Errors:
  /// permission_denied unless the manifest has a permission "emit:PATTERN" with a pattern that the type matches; types
  /// of other plugins ("plugin.") are never allowed.
  emit_report emit_platform(std::string type, event::payload_type payload = json::object());

  /// Emits "plugin.{name}.{event}" and waits for every handler, at most for the deadline. Any thread; a subscription of
  /// this plugin itself answers would_deadlock when called in turn.
  sync_report emit_sync(std::string_view event_name, json data, std::chrono::milliseconds deadline);

  /// Emits "plugin.{name}.{event}" and returns at once. When every handler has answered, at the latest at the deadline,
  /// `done` is called with one result for each: in the plugin's turn, after what waited for the plugin then. What it
  /// registers and throws is treated as a handler's. Nobody waits, so the plugin's own subscriptions answer too; those
  /// whose overflow policy is to block refuse when their inbox is full. When the plugin ends or crashes before, `done`
  /// is not called but destroyed, in its last turn. Any thread. Errors: invalid_argument; unavailable when too many
  /// reports are awaited (65,536).
  void emit_then(std::string_view event_name, json data, std::chrono::milliseconds deadline,
                 std::function<void(sync_report)> done);

 private:
  event own_event(std::string_view event_name, json data) const;

  plugin_context& owner_;
};

}  // namespace streamspace
