#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <streamspace/plugins/builtin/shared/backlog.hpp>
#include <streamspace/plugins/builtin/shared/log_limit.hpp>
#include <streamspace/plugins/builtin/webhook/delivery_lane.hpp>
#include <streamspace/plugins/builtin/webhook/delivery_store.hpp>
#include <streamspace/plugins/builtin/webhook/http_transfers.hpp>
#include <streamspace/plugins/builtin/webhook/webhook_config.hpp>
#include <streamspace/plugins/sdk/plugin_logger.hpp>

namespace streamspace::builtin {

/// Counts since the plugin was loaded.
struct webhook_counters {
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::uint64_t> failed{0};   ///< Given up, for whatever reason.
  std::atomic<std::uint64_t> retried{0};  ///< Attempts that were followed by another.
  std::atomic<std::uint64_t> dropped{0};  ///< Never queued, because the endpoint's queue was full.
};

/// Sends deliveries on a thread of its own, endpoints side by side, those of one endpoint in order, and brings what
/// became of them into the store. The thread runs from the construction to stop(). The configuration, the store and the
/// counters outlive it.
class delivery_worker {
 public:
  delivery_worker(const webhook_config& config, delivery_store& store, plugin_logger log, webhook_counters& counters,
                  std::string user_agent, std::vector<delivery_store::addressed> pending);
  /// Stops without waiting for anything under way.
  ~delivery_worker();
  delivery_worker(const delivery_worker&) = delete;
  delivery_worker& operator=(const delivery_worker&) = delete;

  /// Whether the endpoint's queue takes one more. Stays true until add() is called: only this fills a queue.
  bool has_room(std::size_t endpoint) const;
  /// Errors: unavailable when the thread has ended by a fault.
  void add(delivery_store::addressed d);
  /// Deliveries that wait or are under way.
  std::size_t queued() const;

  /// Goes on with what can be done before the deadline, then ends the thread; blocks until it has ended. An attempt
  /// that is still under way is broken off and its delivery recorded as failed; what was waiting stays pending in the
  /// store.
  void stop(std::chrono::milliseconds deadline);

 private:
  using clock = delivery_lane::clock;

  void run() noexcept;
  void work();
  bool may_end(clock::time_point now) const;
  void start_due(clock::time_point now);
  std::chrono::milliseconds pause(clock::time_point now) const;
  void settle(const http_transfers::ended& attempt, clock::time_point now);
  void break_off();
  void save(clock::time_point now);

  const webhook_config& config_;
  delivery_store& store_;
  plugin_logger log_;
  webhook_counters& counters_;
  http_transfers transfers_;

  mutable std::mutex mutex_;  // Guards the four that follow.
  std::vector<delivery_lane> lanes_;
  std::optional<clock::time_point> stop_at_;
  bool broken_ = false;

  // Of the thread alone.
  backlog<delivery_record> unsaved_;
  clock::time_point save_again_at_{};
  std::vector<log_limit> failure_lines_;
  std::mt19937_64 random_{std::random_device{}()};

  std::thread thread_;
};

}  // namespace streamspace::builtin
