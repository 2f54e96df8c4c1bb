#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

class plugin_context;

/// A plugin's side of the event bus.
class plugin_events {
 public:
  explicit plugin_events(plugin_context& owner) noexcept : owner_{owner} {}

  /// Subscribes to a pattern: "session.created" is exactly that type, "session.*" any one segment, "session.>"
  /// everything below. In force when the hook that calls it returns. The handler runs in the plugin's turn, events in
  /// the order in which they were emitted. In turn only. Errors: invalid_argument, not_in_turn.
  void on(std::string pattern, event_handler handler);

  /// Gives up every subscription made with exactly this pattern; how many. In turn only.
  std::size_t off(std::string_view pattern);

  /// Emits "plugin.{name}.{event}" and returns at once. Any thread. Errors: invalid_argument when the name is no event
  /// type.
  emit_report emit(std::string_view event_name, json data = json::object());

  /// Emits "plugin.{name}.{event}" and waits for every handler, at most for the deadline. Any thread; a subscription of
  /// this plugin itself answers would_deadlock when called in turn.
  sync_report emit_sync(std::string_view event_name, json data, std::chrono::milliseconds deadline);

 private:
  event_ptr own_event(std::string_view event_name, json data) const;

  plugin_context& owner_;
};

}  // namespace streamspace
