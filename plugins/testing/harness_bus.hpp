#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/plugins/plugin_instance.hpp>
#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/testing/plugin_harness.hpp>

namespace streamspace::testing {

/// What waits for a plugin's turn, and who runs it: the event bus, the turns, the clock and the log of a harness. What
/// is for the plugin waits in one queue, in order, until run(). Emitting, posting and logging may be done from any
/// thread; the rest is for the thread of the harness.
class harness_bus final : public event_port, public turn_port {
 public:
  explicit harness_bus(timestamp start) : now_{start} {}

  /// Whose turns these are from now on; null for nobody's, which forgets what waits.
  void seat(plugin_instance* instance);
  void publish(std::vector<subscription_ptr> subscriptions);
  /// Whether events reach the plugin.
  void set_open(bool open);

  /// The event, then all that waits. Error plugin_failed when there is no end to it.
  harness_report deliver(event e);
  /// All that waits. Nothing within a turn. Errors: as above.
  harness_report run();
  /// Calls it as what the plugin does in its turn.
  template <class Call>
  auto in_turn(Call&& call) {
    const turn_mark mark{*this};
    return call();
  }
  bool is_in_turn() const;

  timestamp time() const;
  void advance(duration by);
  /// With the harness's time.
  void log(log_record record);
  void log_failure(std::string_view during, const call_outcome& outcome);
  std::vector<log_record> logs() const;
  std::vector<event_ptr> emitted() const;

  emit_report emit(event&& e) override;
  sync_report emit_sync(event&& e, std::chrono::milliseconds deadline) override;
  void emit_then(event&& e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) override;
  void post(std::function<void()> task) override;

 private:
  /// The answers to one event.
  struct answers {
    sync_report report;
    std::size_t open = 0;
    std::function<void(sync_report)> done = {};
  };
  struct item {
    subscription_ptr target;  ///< Null for a task.
    event_ptr what;
    std::shared_ptr<answers> into;  ///< Null when nobody wants to know.
    std::size_t index = 0;
    std::function<void()> task;
  };
  class turn_mark {
   public:
    explicit turn_mark(harness_bus& bus) : bus_{bus}, before_{bus.mark_turn(true)} {}
    turn_mark(const turn_mark&) = delete;
    turn_mark& operator=(const turn_mark&) = delete;
    ~turn_mark() { bus_.mark_turn(before_); }

   private:
    harness_bus& bus_;
    const bool before_;
  };

  bool mark_turn(bool on);
  event_ptr keep(event&& e);
  /// Calls visit(subscription) for each that is to get the event. Locked.
  template <class Visitor>
  void for_each_match(const event& e, Visitor&& visit) const;
  std::size_t enqueue(const event_ptr& e, const std::shared_ptr<answers>& into);
  /// The results of all but those that are in `apart`.
  std::vector<delivery_result> run_all(const answers* apart);
  bool take(item& next);
  delivery_result handle(item& next);
  [[noreturn]] void refuse_the_circle(const item& next);

  mutable std::mutex mutex_;
  plugin_instance* instance_ = nullptr;
  std::vector<subscription_ptr> subscriptions_;  ///< Those of higher priority first.
  bool open_ = false;
  bool in_turn_ = false;
  std::deque<item> queue_;
  timestamp now_;
  std::vector<log_record> logs_;
  std::vector<event_ptr> emitted_;
};

}  // namespace streamspace::testing
