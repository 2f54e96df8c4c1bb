#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <streamspace/actors/deadline_timer.hpp>
#include <streamspace/actors/event_metrics.hpp>
#include <streamspace/actors/log_output.hpp>
#include <streamspace/actors/published.hpp>
#include <streamspace/actors/routing_snapshot.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// The bus as emitters see it (the seed's EventBus). It reads the routing snapshot that the event_bus actor
/// published last, and never asks an actor. The events of one emitter reach each plugin in the order in which they were
/// emitted. Thread-safe.
class event_bus final : public event_port {
 public:
  /// The log takes what the functions given to emit_then() throw, a line a second at most.
  explicit event_bus(log_sink log = json_log_to_stdout(),
                     std::shared_ptr<deadline_timer> timer = std::make_shared<deadline_timer>(),
                     std::shared_ptr<event_metrics> figures = std::make_shared<event_metrics>());

  /// Blocks only for subscriptions whose overflow policy says so. Subscriptions of plugins that are not enabled do not
  /// count as matched.
  emit_report emit(event&& e) override { return send(std::move(e), false); }
  /// One result for each matching subscription of an enabled plugin. Plugins handle the event side by side; the turn of
  /// one that is idle and known to be fast is taken on the calling thread.
  sync_report emit_sync(event&& e, std::chrono::milliseconds deadline) override;
  /// `done` is called once: in this call when nobody answers any more by then; else on the thread that brings the last
  /// answer, at the deadline on the timer's. No turn is taken on the calling thread, and an inbox that is full refuses
  /// also where the overflow policy is to block.
  void emit_then(event&& e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) override;

  /// Emits an event that the log has already.
  emit_report emit_logged(event&& e) { return send(std::move(e), true); }

  /// Sends events of the log to one subscription alone, in this order. Never blocks. `done` is called once with a
  /// result for each, on the thread that brings the last of them, maybe in this call; it must not block.
  void send_logged(const std::vector<event_ptr>& events, plugin_cell& to, const subscription_ptr& target,
                   std::function<void(std::vector<delivery_result>)> done);

  /// Who is given the events of types that the log keeps (event_metrics::mark_logged), on the thread that emits them;
  /// must not block or throw. Before the first event.
  void log_with(std::function<void(const event&)> keep) { log_ = std::move(keep); }

  /// Sends a dead letter's event to its subscription alone. Never blocks. When that does not take it, the error says
  /// why: unavailable, or conflict in quarantine; nothing has changed then.
  result<void> send_again(event e, std::string_view plugin, std::string_view pattern);

  /// How many subscriptions of a plugin are published.
  std::size_t subscriptions_of(std::string_view plugin) const;

  void publish(std::shared_ptr<const routing_snapshot> routes) {
    routes_.publish(std::make_unique<const std::shared_ptr<const routing_snapshot>>(std::move(routes)));
  }

 private:
  class outgoing_call;
  class failure_log;

  emit_report send(event&& e, bool is_in_the_log);

  const std::shared_ptr<event_metrics> figures_;
  const std::shared_ptr<failure_log> failures_;
  const std::shared_ptr<deadline_timer> timer_;
  std::function<void(const event&)> log_ = [](const event&) {};
  /// Whoever waits for the plugins that it found keeps the snapshot for so long, for nobody may wait while reading what
  /// is published.
  published<std::shared_ptr<const routing_snapshot>> routes_{
      std::make_unique<const std::shared_ptr<const routing_snapshot>>(std::make_shared<const routing_snapshot>())};
};

}  // namespace streamspace
