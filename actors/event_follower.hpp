#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <streamspace/actors/log_limit.hpp>
#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/persistence/event_cursor_sql.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

/// Brings one durable subscription what the event log has for it: takes its cursor, reads on from there, has the events
/// delivered, and records what came of them. Others of its name, on other hosts, wait until it lets go or its lease
/// ends. What fails is tried again with growing pauses and becomes a dead letter in the end; what was not taken waits.
/// Free of actors and threads: calls and answers come one at a time, answers never within the call that asks.
class event_follower {
 public:
  using clock = log_limit::clock;
  using milliseconds = std::chrono::milliseconds;
  using answer = std::function<void(result<sql_result>)>;
  using results = std::vector<delivery_result>;
  struct setup {
    cursor_name cursor;
    std::string holder;  ///< This host, as no other one is called or was.
    /// Runs a statement and calls back once.
    std::function<void(sql_statement, answer)> query;
    /// Hands events to the subscription, in this order, and calls back once with a result for each.
    std::function<void(const subscription_ptr&, std::vector<event_ptr>, std::function<void(results)>)> deliver;
    /// Calls back after a pause.
    std::function<void(milliseconds, std::function<void()>)> after;
    std::function<std::uint64_t()> next_letter;  ///< Ids of dead letters.
    milliseconds lease{10'000};
    log_sink log;
    std::function<clock::time_point()> now = clock::now;
    std::uint32_t seed = std::random_device{}();  ///< Of the pauses.
  };

  explicit event_follower(setup with);
  event_follower(const event_follower&) = delete;
  event_follower& operator=(const event_follower&) = delete;

  /// Whom the events are for, from now on. It does nothing before the first.
  void assign(subscription_ptr target);
  /// There may be something new.
  void wake();
  /// Records how far it has come and lets go; `then` is called when that is done, or cannot be.
  void stop(std::function<void()> then);

 private:
  /// An event on its way to the subscription.
  struct item {
    log_position at;
    event_ptr what;
    unsigned attempts = 0;  ///< That have failed.
    bool is_open = true;
    std::optional<event_retry> to_retry;
    std::optional<std::string> letter;
    bool retried = false;
  };
  enum class batch_kind : std::uint8_t { news, retries };

  const durable_options& how() const noexcept { return target_->durable->how; }

  /// Does the next thing there is to do, unless one is under way.
  void go_on();
  /// Goes on with something else when the pause is over, or at once when it is to stop.
  void pause(milliseconds time, std::function<void()> then);
  void end_step();

  void claim();
  void claimed(const result<sql_result>& rows);
  void renew();
  void save();
  void saved(const result<sql_result>& rows, cursor_progress sent);
  void finish();

  void read();
  void have_read(const result<sql_result>& rows, const event_log_filter& filter);
  void read_retries();
  void have_read_retries(const result<sql_result>& rows);
  void look_for_retries_in(milliseconds time);

  /// Hands over what is open of the batch; in order, only the first of it.
  void deliver();
  void delivered(const std::vector<std::size_t>& which, const results& came_of_it);
  /// Whether the subscription has handled it, or it is to be tried again on the side, or is given up.
  bool is_settled(item& of, const delivery_result& outcome);
  void bury(item& of, const delivery_result& outcome);
  void end_batch();

  milliseconds pause_after(unsigned attempts);
  void failed(const char* what, const error& why);
  void pass_over(const log_position& at, const error& why) const;
  void log(log_level level, const std::string& message, json data) const;

  setup with_;
  std::minstd_rand random_;
  subscription_ptr target_;
  bool has_cursor_ = false;
  bool busy_ = false;  ///< A step is under way, which end_step() ends.
  std::uint64_t pauses_ = 0;
  bool paused_ = false;
  bool stopping_ = false;
  std::function<void()> stopped_;

  bool woken_ = false;
  bool looks_again_ = false;  ///< A look is to come, for events that are held back.
  bool retries_due_ = false;
  std::optional<clock::time_point> retry_look_;
  std::uint64_t retries_waiting_ = 0;

  batch_kind kind_ = batch_kind::news;
  std::vector<item> batch_;
  log_position batch_end_;
  milliseconds refused_pause_{0};  ///< Grows while nothing is taken.

  cursor_progress progress_;  ///< Not recorded yet.
  bool unsaved_ = false;
  bool saving_ = false;
  std::size_t sent_ = 0;  ///< Rows that are being recorded.
  log_limit failure_lines_;
};

}  // namespace streamspace
