#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// The largest payload that the log takes, in bytes of JSON.
inline constexpr std::size_t largest_logged_data = std::size_t{1} << 20U;

/// One event as the database takes it.
struct event_log_row {
  /// Throws error (invalid_argument) when the database could not hold it.
  explicit event_log_row(const event& e);

  std::string id;
  std::string type;
  std::string source;
  std::string time;
  std::string data;  ///< JSON.

  std::size_t bytes() const noexcept { return id.size() + type.size() + source.size() + time.size() + data.size(); }
};

/// Writes events in this order.
sql_statement append_events(const std::vector<event_log_row>& rows);

/// Events that the filter means. Oldest first only those that none can come before any more. Throws as demand_valid().
sql_statement read_event_log(const event_log_filter& filter);
/// Reads what it answered. An event that cannot be read is passed over; `unreadable` is told which one and why.
event_log_page read_event_log_page(const sql_result& answer, const event_log_filter& filter,
                                   const std::function<void(const log_position&, const error&)>& unreadable);

/// How far the log has come: when any of this has changed there may be new events to read.
struct event_log_head {
  std::uint64_t last_number = 0;
  std::uint64_t open = 0;  ///< The oldest transaction that has not ended.

  friend bool operator==(const event_log_head&, const event_log_head&) = default;
};
sql_statement find_event_log_head();
event_log_head read_event_log_head(const sql_result& answer);

/// Sees to it that a log that was restored from another server can be read on here; nothing may be written meanwhile
/// that does not wait for it. One row, whether it was one.
sql_statement rebase_event_log();

/// Makes room for today and so many days more, and drops the days before the last `kept` ones (UTC).
sql_statement keep_event_log(int days_ahead, int kept);
/// A day that it dropped, and the durable subscriptions ("plugin/name") that had not come past it.
struct dropped_day {
  std::string day;
  std::vector<std::string> left_behind;

  friend bool operator==(const dropped_day&, const dropped_day&) = default;
};
std::vector<dropped_day> read_dropped_days(const sql_result& answer);

}  // namespace streamspace
