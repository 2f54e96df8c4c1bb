#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/stored_state.hpp>
#include <streamspace/plugins/sdk/service_port.hpp>

namespace caf {
class actor_system;
}

/// What a plugin_context stands on. The runtime implements these on actors, a test harness in memory; plugin authors
/// never see them.
namespace streamspace {

/// Emits events. Thread-safe.
class event_port {
 public:
  virtual ~event_port() = default;
  /// Does not block.
  virtual emit_report emit(event&& e) = 0;
  /// Blocks until every subscriber has answered or the deadline passed.
  virtual sync_report emit_sync(event&& e, std::chrono::milliseconds deadline) = 0;
  /// Does not block. `done` is called once with the same report, on any thread, maybe within this call; it must not
  /// block. What it throws is logged. Error invalid_argument when it is empty.
  virtual void emit_then(event&& e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) = 0;
};

/// The log of durable events. Thread-safe; errors are thrown: those of the database, invalid_argument.
class event_log_port {
 public:
  virtual ~event_log_port() = default;
  /// Writes the event, then emits it. Blocks until it is written.
  virtual emit_report emit(event&& e) = 0;
  /// Emits events that a transaction has written that is committed now. Does not block.
  virtual void committed(std::vector<event>&& events) = 0;
  /// Blocks until it is read.
  virtual event_log_page read(const event_log_filter& filter) = 0;
};

/// The turns of one plugin. Thread-safe; does not block.
class turn_port {
 public:
  virtual ~turn_port() = default;
  /// Has a task of the plugin run in its turn, after what waits for it now; what it registers and throws is treated as
  /// a handler's. Destroyed uncalled when the plugin crashes or ends before.
  virtual void post(std::function<void()> task) = 0;
};

/// The actors that a plugin has made (actor_plugin.hpp).
class owned_actors {
 public:
  virtual ~owned_actors() = default;
  /// Ends them all and blocks until none runs any more. In the plugin's turn; may be called again.
  virtual void end() noexcept = 0;
};

/// Hears of a storage. Any thread; must not block.
class storage_observer {
 public:
  virtual ~storage_observer() = default;
  /// A key may have been written or removed, and that is committed.
  virtual void changed(const std::string& key) = 0;
  /// So may all.
  virtual void cleared() = 0;
  /// With what the keys begin that are of interest.
  virtual std::vector<std::string> prefixes() const = 0;
  /// Somebody has looked at all keys that begin so.
  virtual void found(const std::string& prefix, const std::map<std::string, stored_state>& all) = 0;
};

/// The key-value rows of one plugin. Thread-safe; each call blocks until it is done and durable; errors are thrown.
/// Keys, numbers of them and times to live are within the bounds of plugin_storage, which checks them.
class storage_port {
 public:
  virtual ~storage_port() = default;
  virtual std::optional<json> get(const std::string& key) = 0;
  /// Those that are there.
  virtual std::map<std::string, json> get_many(const std::vector<std::string>& keys) = 0;
  virtual void set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) = 0;
  /// All or none.
  virtual void set_many(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) = 0;
  virtual bool compare_and_set(const std::string& key, const std::optional<json>& expected,
                               const std::optional<json>& desired) = 0;
  virtual bool remove(const std::string& key) = 0;
  /// The first `limit` of those that begin with `prefix` and come after `after`.
  virtual std::vector<std::string> keys(const std::string& prefix, const std::string& after, std::size_t limit) = 0;
  virtual std::size_t clear() = 0;
  virtual double increment(const std::string& key, double by) = 0;

  /// What is there of these keys, at most 10,000.
  virtual stored_look look_at(const std::vector<std::string>& keys) = 0;
  static constexpr std::size_t most_watched = 100'000;
  [[noreturn]] static void refuse_to_look(const std::string& prefix) {
    throw error{ec::invalid_argument, "more than " + std::to_string(most_watched) + " storage keys begin with '" +
                                          prefix + "', and no more can be watched; take a longer prefix"};
  }
  /// All keys that begin so. Error invalid_argument when there are more than most_watched.
  virtual std::map<std::string, stored_state> states(const std::string& prefix) = 0;
  /// Has it told of what is written here from now on and, now and then, of what is there, as others may write there
  /// too. Instead of whoever was told before.
  virtual void observe(std::weak_ptr<storage_observer> who) = 0;
};

/// The level from which on a plugin's log lines are kept; changeable at any time from any thread.
using log_threshold = std::atomic<log_level>;

struct plugin_services {
  std::shared_ptr<event_port> events;
  std::shared_ptr<event_log_port> event_log;  ///< Null without a database.
  std::shared_ptr<turn_port> turns;
  std::shared_ptr<sql_executor> database;
  std::shared_ptr<storage_port> storage;
  std::shared_ptr<service_port> peers;  ///< The services of other plugins.
  log_sink log;
  std::shared_ptr<log_threshold> threshold = std::make_shared<log_threshold>(log_level::info);
  caf::actor_system* actors = nullptr;  ///< Outlives the plugin. Null where there are none.
  std::chrono::milliseconds database_deadline{30'000};
};

}  // namespace streamspace
