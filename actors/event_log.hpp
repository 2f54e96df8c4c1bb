#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/actors/event_log_keeper.hpp>
#include <streamspace/actors/event_log_writer.hpp>
#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

struct event_log_settings {
  std::chrono::milliseconds deadline{30'000};  ///< Of what callers wait for.
  std::vector<std::string> patterns;           ///< Types that are kept whoever wants them.
  int days_kept = 7;
  std::chrono::milliseconds lease{10'000};
  std::size_t most_waiting = 65'536;  ///< Events that nobody waits for, until they are written.
  log_sink log = [](const log_record&) {};
};

/// The log of durable events (the tables event_log and event_cursors) as the runtime and plugins use it; its actors
/// write it and follow it. Thread-safe.
class event_log final : public event_log_port {
 public:
  /// `next_letter` draws ids of dead letters, `wanted` is what the cursors in the database want. That has room for
  /// today (keep_event_log).
  event_log(caf::actor_system& system, db_pool_actor database, std::shared_ptr<sql_executor> executor,
            std::shared_ptr<event_bus> events, std::shared_ptr<event_metrics> figures,
            std::function<std::uint64_t()> next_letter, std::vector<std::string> wanted, event_log_settings settings);

  emit_report emit(event&& e) override;
  void committed(std::vector<event>&& events) override;
  event_log_page read(const event_log_filter& filter) override;

  /// Writes an event soon, in the order of the calls of one thread. Never blocks or throws: what cannot be written is
  /// counted and said in the log.
  void append(const event& e) noexcept;

  /// Sees to it that the durable ones among a plugin's subscriptions have their cursors, and that what they want is
  /// kept from now on. Blocks. Errors: already_exists when two have one name; those of the database.
  void open(const std::vector<subscription_ptr>& subscriptions);
  /// Brings events to these from now on, and to no others. Does not block.
  void follow(std::vector<durable_target> targets);
  /// What is left of a plugin's durable subscriptions is given up. Blocks. Errors: those of the database.
  void forget(const std::string& plugin);
  /// One of them. False when there is none.
  bool forget(const std::string& plugin, const std::string& name);
  /// All hosts'. Blocks. Errors: those of the database.
  std::vector<durable_subscription> subscriptions();
  const event_log_actor& reader() const noexcept { return reader_; }

  /// Ends the followers; when all have recorded how far they have come, or after the time.
  void stop_following(std::chrono::milliseconds at_most);
  /// Writes what waits and ends.
  void stop(std::chrono::milliseconds at_most);

 private:
  /// What the cursors in the database want.
  template <class T, class... Args>
  T ask_reader(Args&&... args);
  void want(std::vector<std::string> patterns);
  /// Under the lock.
  void mark_wanted();
  bool is_wanted(const std::string& type);

  caf::actor_system& system_;
  const std::shared_ptr<sql_executor> executor_;
  const std::shared_ptr<event_bus> events_;
  const std::shared_ptr<event_metrics> figures_;
  const event_log_settings settings_;
  const std::shared_ptr<log_news> news_ = std::make_shared<log_news>();
  const std::shared_ptr<std::atomic<std::size_t>> waiting_ = std::make_shared<std::atomic<std::size_t>>(0);
  event_log_actor reader_;
  event_log_writer_actor writer_;
  event_log_keeper_actor keeper_;
  std::mutex mutex_;
  std::vector<std::string> of_cursors_;                                ///< Patterns.
  std::set<std::string> wanted_;                                       ///< All patterns.
  std::map<std::pair<std::string, std::string>, std::string> opened_;  ///< Patterns, by plugin and name.
  log_limit loss_lines_{std::chrono::seconds{10}};
};

}  // namespace streamspace
