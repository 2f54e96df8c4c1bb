#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/durable_options.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

class plugin_context;

/// A subscription that was just made, to say more about it in the same hook.
class subscription_ref {
 public:
  explicit subscription_ref(subscription& s) noexcept : subscription_{s} {}

  /// Among those who hear an event, higher ones get it first; 0 unless said otherwise.
  subscription_ref& priority(int p) noexcept;
  /// For one event, whatever comes of it. Error invalid_argument when it is durable.
  subscription_ref& once();
  /// To what the event log has, under a name of which the plugin has one. Events of this pattern are kept in the log
  /// from the first time on that it is in force, by all hosts of the database and while the plugin is not loaded. Each
  /// reaches one host, at least once: again when it failed, or when a host ended before it could say that it was
  /// handled; current_event() has the same id then. Those of one emitter come in their order, but those that failed.
  /// Its inbox never drops them; they wait in the log. After a failure of the database they go on where they were.
  /// Errors: invalid_argument; at the end of the hook already_exists for a name that another one of the plugin has,
  /// unavailable without a database, and those of the database.
  subscription_ref& durable(std::string name, durable_options how = {});
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

  /// The same, and writes the event to the event log before: when this returns, it is there whatever happens. Blocks,
  /// at most for the database's deadline. Any thread. Errors: invalid_argument when it is too large for the log (1 MiB)
  /// or nothing that a database can hold; unavailable without one; those of the database, after which it may be in the
  /// log but has not been emitted.
  emit_report emit_durable(std::string_view event_name, json data = json::object());

  /// What the event log has: a page of at most which.limit events. Blocks. Any thread. Errors: as of emit_durable.
  event_log_page history(const event_log_filter& which) const;

  /// Calls the handler for each event that is in the log now, the oldest first, on the calling thread; how many. Nobody
  /// else gets them. What the handler throws ends it. Blocks; in on_load it builds up what the plugin has to know.
  /// Errors: as of emit_durable.
  std::size_t replay(event_log_filter which, const std::function<void(const logged_event&)>& handler);

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
  event_log_port& log() const;

  plugin_context& owner_;
};

}  // namespace streamspace
