#pragma once

#include <functional>
#include <string>
#include <utility>

#include <streamspace/plugins/builtin/shared/backlog.hpp>
#include <streamspace/plugins/builtin/shared/retention.hpp>
#include <streamspace/plugins/sdk/plugin_logger.hpp>

namespace streamspace::builtin {

/// Brings what events say into a plugin's tables: in order, a write an event, durable when keep() returns. While the
/// database is away up to 10,000 items wait in memory and are written first when it is back. Old rows are dropped after
/// every 1,000 events. In turn only.
template <class Item>
class event_keeper {
 public:
  struct tables {
    /// Writes one item; a second time it changes nothing.
    std::function<void(const Item&)> add;
    /// Drops a bounded number of rows from before that instant; how many.
    std::function<std::size_t(timestamp)> drop_before;
  };

  event_keeper(tables target, int retention_days) : target_{std::move(target)}, retention_{retention_days, 1000} {}

  /// Errors: those of the tables; when they pass (is_passing) the item waits for the next call.
  void keep(const plugin_logger& log, Item item, timestamp now) {
    if (!waiting_.push(std::move(item)))
      log.error("the oldest unwritten event was given up: too many wait for the database",
                {{"waiting", waiting_.size()}});
    waiting_.work_off(most_a_turn, target_.add);
    if (const auto cutoff = retention_.after_event(now)) drop_before(log, *cutoff);
  }

  /// For on_enable: drops old rows.
  void begin(const plugin_logger& log, timestamp now) {
    if (const auto cutoff = retention_.cutoff(now)) drop_before(log, *cutoff);
  }

  /// For on_disable: writes what still waits. What cannot be written is logged and stays.
  void finish(const plugin_logger& log) {
    try {
      waiting_.work_off(waiting_limit, target_.add);
    } catch (const error& e) {
      log.error("events wait for the database while the plugin is disabled",
                {{"waiting", waiting_.size()}, {"reason", e.message()}});
    }
  }

  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  static constexpr std::size_t waiting_limit = 10'000;
  static constexpr std::size_t most_a_turn = 100;

  void drop_before(const plugin_logger& log, timestamp cutoff) {
    if (const auto dropped = target_.drop_before(cutoff); dropped > 0)
      log.info("dropped rows older than the retention", {{"rows", dropped}, {"before", to_rfc3339(cutoff)}});
  }

  tables target_;
  retention retention_;
  backlog<Item> waiting_{waiting_limit};
};

}  // namespace streamspace::builtin
