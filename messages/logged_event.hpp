#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// Where an event stands in the log. All hosts of a database see one order: that in which the transactions that wrote
/// the events were begun, and within one of them that of the writing. An event that is readable never gets one before
/// it that was not.
struct log_position {
  std::uint64_t transaction = 0;
  std::uint64_t number = 0;  ///< Of the event, one sequence for the whole log; with gaps.

  friend auto operator<=>(const log_position&, const log_position&) = default;
};

/// "1234-57"
std::string to_string(const log_position& position);
/// Reads what to_string() wrote; nothing for any other text.
std::optional<log_position> parse_log_position(std::string_view text) noexcept;

struct logged_event {
  log_position at;
  timestamp logged;  ///< When the transaction that wrote it was begun.
  event_ptr what;    ///< Not null.
};

/// {position, number, logged, event}, the event as its envelope.
void to_json(json& out, const logged_event& e);

/// Which events of the log are meant; all by default.
struct event_log_filter {
  static constexpr std::size_t longest = 1'000;

  std::string pattern;                 ///< Of the type, as it is subscribed to; empty for any.
  std::string source;                  ///< "platform" or a plugin's name; empty for any.
  std::string session;                 ///< The id of the session that the event is about; empty for any.
  std::string user;                    ///< The id of the user that the event is about; empty for any.
  std::optional<timestamp> since;      ///< Logged then or later.
  std::optional<timestamp> until;      ///< Logged before.
  std::uint64_t from_number = 0;       ///< Those with this number or a higher one.
  std::optional<log_position> after;   ///< As a list goes on, the oldest first.
  std::optional<log_position> before;  ///< As a list goes on, the newest first.
  std::size_t limit = 100;             ///< From 1 to `longest`.
  bool newest_first = false;
};

/// Throws error (invalid_argument), saying which member is wrong and how.
void demand_valid(const event_log_filter& filter);

/// Part of the log. Oldest first it has events only to which none can be added any more: what a transaction wrote that
/// was begun before one that is still open comes when that has ended.
struct event_log_page {
  std::vector<logged_event> events;
  /// Where to go on after these, oldest first: past all that was looked at.
  log_position looked_up_to;
  bool at_end = false;  ///< There were no more than these.
  /// There are events already that wait for a transaction to end.
  bool held_back = false;
};

/// A durable subscription, as the database knows it.
struct durable_subscription {
  std::string plugin;
  std::string name;
  std::string pattern;
  log_position settled;        ///< Everything up to there is handled, waits to be tried again, or is given up.
  std::uint64_t to_retry = 0;  ///< Events that failed and are tried again.
  std::string holder;          ///< The host that brings the events; empty when none does now.
  timestamp since;             ///< When it was made.
};

/// {plugin, name, pattern, settled, toRetry, holder, since}
void to_json(json& out, const durable_subscription& s);

}  // namespace streamspace
