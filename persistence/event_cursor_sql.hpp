#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/dead_letter.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// A durable subscription of one plugin.
struct cursor_name {
  std::string plugin;
  std::string name;
};

/// Makes the cursor unless it is there; a new one stands before all that is to come, or before all that there is. The
/// pattern is the one given from now on.
sql_statement open_cursor(const cursor_name& of, const std::string& pattern, bool from_beginning);
sql_statement list_cursors();
std::vector<durable_subscription> read_cursors(const sql_result& answer);
/// Its events are nobody's any more. Answers a row when there was one.
sql_statement drop_cursor(const cursor_name& of);
/// All of a plugin.
sql_statement drop_cursors(const std::string& plugin);

/// Takes the cursor for so long, unless another holder has it: no row then.
sql_statement claim_cursor(const cursor_name& of, const std::string& holder, std::chrono::milliseconds lease);
std::optional<log_position> read_claimed_cursor(const sql_result& answer);
/// Gives back what this holder has.
sql_statement release_cursor(const cursor_name& of, const std::string& holder);

/// An event to be tried again.
struct event_retry {
  log_position at;
  event_ptr what;
  unsigned attempts = 0;
  std::chrono::milliseconds pause{0};  ///< Before the next attempt.
  std::string error;
};

/// What has become of events since the cursor was saved last.
struct cursor_progress {
  log_position settled;
  std::vector<event_retry> to_retry;
  std::vector<log_position> retried;      ///< Those that need no attempt any more.
  std::vector<std::string> dead_letters;  ///< Rows as of dead_letter_row().
};
/// Records it all or, when this holder has the cursor no more, nothing. Prolongs the lease.
sql_statement save_cursor(const cursor_name& of, const std::string& holder, std::chrono::milliseconds lease,
                          const cursor_progress& progress);
/// Whether it was recorded.
bool is_cursor_saved(const sql_result& answer);

/// Events whose next attempt is due, those that have waited longest first.
sql_statement find_due_retries(const cursor_name& of, std::size_t limit);
struct due_retries {
  std::vector<event_retry> due;
  std::uint64_t waiting = 0;  ///< All that wait, those that are due among them.
  /// Until the first that is not due yet; nothing when there is none.
  std::optional<std::chrono::milliseconds> next_in;
};
/// An event that cannot be read is passed over; `unreadable` is told which one and why.
due_retries read_due_retries(const sql_result& answer,
                             const std::function<void(const log_position&, const error&)>& unreadable);

}  // namespace streamspace
