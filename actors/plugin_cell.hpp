#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <streamspace/actors/dead_letters.hpp>
#include <streamspace/actors/event_delivery.hpp>
#include <streamspace/actors/event_metrics.hpp>
#include <streamspace/actors/inbox.hpp>
#include <streamspace/actors/latency_histogram.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/actors/service_call.hpp>
#include <streamspace/actors/subscription_table.hpp>
#include <streamspace/actors/supervision.hpp>
#include <streamspace/actors/turn_batch.hpp>
#include <streamspace/actors/turn_taker.hpp>
#include <streamspace/messages/endpoint.hpp>
#include <streamspace/messages/error.hpp>
#include <streamspace/messages/overflow_policy.hpp>
#include <streamspace/messages/plugin_info.hpp>
#include <streamspace/plugins/plugin_instance.hpp>

namespace streamspace {

/// A request on its way to one route of one plugin.
struct request_delivery {
  plugin_route_ptr target;
  request what;
  responder answer;
};

/// What somebody waits for, ahead of events.
using turn_request = std::variant<request_delivery, service_delivery>;

/// What handled events have still to be counted for: whoever takes turns does it now and then for many of them at once.
struct turn_sums {
  explicit turn_sums(event_metrics& figures) noexcept : delivered{figures} {}

  void flush() noexcept {
    released.flush();
    delivered.flush();
  }

  flight_releases released;
  delivered_run delivered;
};

/// Work of the runtime itself that has to happen in the plugin's turn (on_load and its like).
using control_task = std::function<void(plugin_instance&)>;

/// The part of a loaded plugin that others reach without asking an actor: its inbox, its gate, its counts, its turns.
/// The bus and the routes hold it; threads of the turn pool run it. Thread-safe but for what is said to be in turn.
class plugin_cell final : public turn_taker {
  using inbox_type = inbox<control_task, turn_request, event_delivery>;

 public:
  struct options {
    inbox_limits inbox;
    overflow_policy overflow;
    streamspace::supervision supervision;
    std::size_t slice = 256;  ///< Events taken from the inbox at once.
  };

  /// `letters` takes what is dropped; what becomes of events is counted in `figures`.
  plugin_cell(std::string name, options settings, std::shared_ptr<dead_letters> letters, log_sink log,
              std::shared_ptr<event_metrics> figures = std::make_shared<event_metrics>());

  /// How to ask for a turn; `wake` may be called from any thread and must not block. Once, before anyone else has the
  /// cell.
  void bind(std::function<void()> wake) { wake_ = std::move(wake); }
  /// Whom to tell of trouble, in turn; `tell` must not block. Once, before the first turn.
  void on_trouble(std::function<void(plugin_trouble)> tell) { tell_ = std::move(tell); }
  /// Whose code the turns run. Before the first turn, or in turn.
  void seat(std::shared_ptr<plugin_instance> instance) { instance_ = std::move(instance); }

  /// Takes what the plugin subscribed to from its present instance, but keeps what is queued for the next one, which
  /// is seated with this. In turn, while the turns rest after a crash.
  void succeed(std::shared_ptr<plugin_instance> next);
  /// Whose code the turns run, and whether they rest after a crash. In turn.
  const std::shared_ptr<plugin_instance>& seated() const noexcept { return instance_; }
  bool rests() const noexcept { return rests_; }
  /// Goes on with the events. In turn, once the plugin's new instance has subscribed.
  void resume();
  /// Brings a subscription out of quarantine. In turn. False when none with this pattern is in it.
  bool release(const std::string& pattern);
  void release_all();

  const std::string& name() const noexcept override { return name_; }

  /// What is taken. Set by the runtime along with the plugin's state: what is pushed last after the gate was shut comes
  /// after everything that was accepted.
  enum class gate : std::uint8_t { shut, events, all };
  void set_gate(gate g);
  bool is_open() const noexcept { return open_.load(std::memory_order_relaxed); }

  /// An event follows soon.
  void expect_event() const noexcept { inbox_.expect_push(); }

  /// Queues the delivery and sees to a turn. False when it was refused: closed, full, or the plugin waits for it
  /// itself; a call has been answered then. Blocks only when the overflow policy says so, and not for a call that
  /// nobody awaits. `target` is whom the delivery names.
  bool push(event_delivery&& delivery, const subscription& target);
  /// The same for an event that nobody waits for, where the overflow policy neither waits for room nor makes it: the
  /// way of nearly all events, which costs most of what an emit does. It does not look at `target`, most often.
  bool push_at_once(event_delivery&& delivery, const subscription& target) {
    if (has_quarantined_.load(std::memory_order_relaxed)) [[unlikely]]
      return push(std::move(delivery), target);
    return is_pushed(inbox_.push_event(std::move(delivery)), delivery, target);
  }
  /// A dead letter's event once more: never blocks, whatever the overflow policy, and what is refused is neither
  /// counted nor buried again. Errors say why it was refused: conflict in quarantine, else unavailable.
  result<void> push_again(event_delivery delivery, const subscription& target);
  /// What applies to this subscription of the plugin.
  const overflow_policy& overflow_of(const subscription& target) const noexcept {
    return target.overflow ? *target.overflow : options_.overflow;
  }
  /// Handles the event of a synchronous emit of the calling thread at once, in a turn on it, when the plugin is idle;
  /// else false, and the delivery is as it was. `sums` is flushed by the caller.
  bool handle_if_idle(event_delivery& delivery, const subscription& target, turn_sums& sums);
  /// Refused requests are answered 503, refused calls of services with an error.
  void push(request_delivery delivery);
  void push(service_delivery delivery);
  /// Handles the call of a service of whoever waits on the calling thread at once, in a turn on it, when the plugin is
  /// idle; else false, and the delivery is as it was.
  bool serve_if_idle(const service_delivery& delivery);
  /// Whether the plugin waits for the turn in which the calling thread is, so that waiting for the plugin would never
  /// end.
  bool waits_for_this_thread() const noexcept;
  /// The runtime's own work, never refused before the cell is retired: ahead of all that waits, or after all that was
  /// accepted before.
  enum class place : std::uint8_t { first, last };
  void push(place where, control_task task);
  /// Work of the plugin itself, after all that was accepted before. What it throws is a failure as a handler's is.
  /// Passed over when the plugin has crashed, or has ended.
  void post(std::function<void()> task);
  void wake() { wake_(); }

  // The turns; see turn_taker.
  void run_slice(turn_ticket& ticket) noexcept override;
  bool end_turn() noexcept override;
  bool begin_turn() noexcept override { return inbox_.begin_turn(); }
  std::optional<std::uint32_t> linger() noexcept override;
  lingering look_again(std::uint32_t number) noexcept override { return inbox_.look_again(number); }
  lingering end_linger(std::uint32_t number) noexcept override { return inbox_.end_linger(number); }
  void stands_still(std::chrono::milliseconds so_far) noexcept override {
    stands_still_.store(so_far.count(), std::memory_order_relaxed);
  }
  bool has_ended() const noexcept override { return retired_.load(std::memory_order_relaxed); }

  /// What the plugin has subscribed to now; gives each its key. In turn.
  void assign(const std::vector<subscription_ptr>& subscriptions);

  /// Whether whoever waits for the outcome within `at_most` may take the turn of this plugin itself: it has shown that
  /// it returns at once.
  bool is_known_fast(std::chrono::nanoseconds at_most) const noexcept {
    return executor() == executor_kind::pool &&
           item_ns_.load(std::memory_order_relaxed) < static_cast<std::uint64_t>(at_most.count());
  }

  /// Gives up the events and requests that are not begun: claims answer `terminated`, responders 503. How many.
  std::size_t discard_waiting();
  /// Ends the cell: nothing is taken any more, and what waits is given up (how many is returned). When the item that is
  /// handled now, if any, has returned, the plugin's instance is destroyed in its last turn and `ended` is called
  /// there. Only the first call counts.
  std::size_t retire(std::function<void()> ended = {});

  /// Answers the requests that wait 503.
  void discard_requests();

  plugin_counters counters() const;
  plugin_turns turns() const;

  /// The plugin in whose turn the calling thread is, or null.
  static plugin_cell* current() noexcept;
  /// The synchronous emit or call of a service that this turn is handling, or null.
  static awaited_call* current_call() noexcept;

 private:
  /// Sees to a turn, or to what was refused, of which the inbox has not moved.
  bool is_pushed(inbox_type::push_result result, event_delivery& delivery, const subscription& target) {
    if (result == inbox_type::push_result::accepted_wake) wake_();
    if (result == inbox_type::push_result::accepted || result == inbox_type::push_result::accepted_wake) return true;
    refuse(result, delivery, target);
    return false;
  }
  void refuse(inbox_type::push_result why, event_delivery& delivery, const subscription& target);
  bool would_wait_for_itself(const event_delivery& delivery) const noexcept;
  void run_urgent(turn_ticket& ticket);
  /// Whether the event comes from the inbox, or straight from the thread whose synchronous emit waits for it.
  enum class origin : std::uint8_t { inbox, caller };
  void handle(event_delivery& delivery, turn_sums& sums, origin from);
  void handle(request_delivery& delivery);
  void handle(const service_delivery& delivery);
  /// A turn on the calling thread, which has just got the duty; false when the plugin rests, and nothing was done.
  template <class Work>
  bool take_turn_here(Work&& work);
  /// Why the request was not queued; null when it was, and is gone.
  const char* queue(turn_request&& what);
  void fail_request(const std::string& what, const call_outcome& outcome);
  void run(plugin_instance& instance, const std::function<void()>& task);
  void fail(event_delivery& delivery, subscription& target, call_outcome outcome);
  void crash(std::string why);
  void put_back_what_was_taken();
  /// How long the item that is handled has stood still as far as the watchdog knows; begins anew.
  std::chrono::milliseconds stood_still() noexcept;
  void check_deadline(call_outcome& outcome);
  void bury(const event_delivery& delivery, std::string_view pattern, dead_letter_cause cause, std::string_view detail);
  void refuse(event_delivery& delivery, std::string_view pattern, dead_letter_cause cause, const char* why);
  void bury_unhandled(const event_delivery& delivery);
  /// What was discarded, and what the turn under way has taken but not begun. How many.
  std::size_t give_up(inbox_type::discarded waiting);
  inbox_type::push_result push_when_there_is_room(event_delivery& delivery, std::chrono::milliseconds patience);
  void log_failure(std::string_view during, const call_outcome& outcome);
  void measure(std::chrono::nanoseconds took, std::uint64_t items) noexcept;
  void handle_first(event_delivery& delivery, turn_sums& sums, origin from);

  // What emitters read does not lie where turns write.
  alignas(64) const std::string name_;
  const options options_;
  const std::shared_ptr<dead_letters> letters_;
  const std::shared_ptr<event_metrics> figures_;
  log_sink log_;
  std::function<void()> wake_;
  std::function<void(plugin_trouble)> tell_ = [](const plugin_trouble&) {};
  std::atomic<bool> open_{false};
  std::atomic<bool> retired_{false};
  std::atomic<bool> has_quarantined_{false};  ///< Any of its subscriptions. Written in turn.
  inbox_type inbox_;

  // Of whoever has the turn; the counts are read by all.
  alignas(64) std::shared_ptr<plugin_instance> instance_;
  turn_batch<event_delivery> batch_;
  turn_sums sums_{*figures_};
  subscription_table subscriptions_;
  bool rests_ = false;                    ///< After a crash, until it is restarted.
  std::vector<event_delivery> to_retry_;  ///< The event that it crashed with.
  std::atomic<std::int64_t> stands_still_{0};
  log_limit failure_lines_;
  std::uint32_t slices_ = 0;
  std::uint32_t turns_of_one_ = 0;
  std::uint32_t last_sample_ = std::numeric_limits<std::uint32_t>::max();  ///< The tick of the last timed turn.
  std::uint32_t samples_ = 0;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> retried_{0};
  latency_histogram turn_times_;
  latency_histogram wait_times_;
  latency_histogram handler_times_;
  double mean_ns_ = 0;
  /// What an item costs lately; the largest number there is before that is known.
  std::atomic<std::uint64_t> item_ns_{std::numeric_limits<std::uint64_t>::max()};

  alignas(64) std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace streamspace
