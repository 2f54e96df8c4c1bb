#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <streamspace/actors/inbox.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/actors/sync_call.hpp>
#include <streamspace/actors/turn_batch.hpp>
#include <streamspace/messages/endpoint.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/plugin_info.hpp>
#include <streamspace/plugins/plugin_instance.hpp>

namespace streamspace {

/// An event on its way to one subscription of one plugin.
struct event_delivery {
  event_ptr what;
  subscription_ptr target;
  sync_claim claim;
};

/// A request on its way to one route of one plugin.
struct request_delivery {
  plugin_route_ptr target;
  request what;
  responder answer;
};

/// Work of the runtime itself that has to happen in the plugin's turn (on_load and its like).
using control_task = std::function<void(plugin_instance&)>;

using inbox_item = std::variant<control_task, request_delivery, event_delivery>;

/// The part of a loaded plugin that others reach without asking an actor: its inbox, its gate, its counts. The bus and
/// the routes hold it; its plugin actor runs the turns. Thread-safe but for run_slice.
class plugin_cell {
 public:
  struct options {
    std::size_t inbox_capacity = 65'536;
    std::size_t slice = 256;  ///< Items handled in one turn before others may have the thread.
  };

  plugin_cell(std::string name, options settings, log_sink log);

  /// How to ask for a turn; `wake` may be called from any thread and must not block. Once, before anyone else has the
  /// cell.
  void bind(std::function<void()> wake) { wake_ = std::move(wake); }

  const std::string& name() const noexcept { return name_; }

  /// Whether events and requests are taken. Set by the runtime along with the plugin's state: what is pushed last after
  /// the gate was shut comes after everything that was accepted.
  void set_open(bool open) { inbox_.set_open(open); }
  bool is_open() const noexcept { return inbox_.is_open(); }

  /// False when the event was refused (closed, full, or the plugin waits for it itself); the claim has answered then.
  bool push(event_delivery delivery);
  /// Refused requests are answered 503.
  void push(request_delivery delivery);
  /// The runtime's own work, never refused: ahead of all that waits, or after all that was accepted before.
  enum class place : std::uint8_t { first, last };
  void push(place where, control_task task);

  /// Handles one slice; whether another turn must follow. Called by the plugin actor alone, one call at a time.
  bool run_slice(plugin_instance& instance);

  /// Gives up the events and requests that are not begun: claims answer `terminated`, responders 503. How many.
  std::size_t discard_waiting();
  /// Ends the cell: nothing is taken any more, and what waits is given up. How many.
  std::size_t retire();

  plugin_counters counters() const;

  /// The plugin in whose turn the calling thread is, or null.
  static const plugin_cell* current() noexcept;
  /// The synchronous emit that this turn is handling, or null.
  static std::shared_ptr<sync_call> current_call() noexcept;

 private:
  void handle(plugin_instance& instance, event_delivery& delivery);
  void handle(plugin_instance& instance, request_delivery& delivery);
  void log_failure(std::string_view during, const call_outcome& outcome);
  void wake_if(inbox<inbox_item>::push_result result);

  const std::string name_;
  const options options_;
  log_sink log_;
  std::function<void()> wake_;
  inbox<inbox_item> inbox_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> requests_{0};
  turn_batch<inbox_item> batch_;
  log_limit failure_lines_;
};

}  // namespace streamspace
