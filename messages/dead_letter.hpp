#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// Why an event did not get through to a subscription.
enum class dead_letter_cause : std::uint8_t {
  inbox_full,        ///< The plugin's inbox had no room, or dropped its oldest to make room.
  not_enabled,       ///< The plugin took no events at that time.
  ended,             ///< The plugin ended with the event unhandled.
  poison,            ///< The plugin crashed at the event as often as it may be tried.
  quarantined,       ///< The subscription had failed too often in a row and was in quarantine.
  handler_deadline,  ///< The handler took longer than it may.
  failed,            ///< The handler failed at the event.
};

inline constexpr std::size_t dead_letter_causes = 7;

/// "inbox_full"
std::string_view to_string(dead_letter_cause cause) noexcept;
std::optional<dead_letter_cause> parse_dead_letter_cause(std::string_view text) noexcept;
/// "inbox_full, not_enabled, ... or failed", for sentences that say what may be given.
std::string dead_letter_cause_names();

struct dead_letter {
  /// Ascending in the order in which a host's letters came, over its restarts too; never used again. With a database no
  /// two hosts on it share one. From 1 on, below 2^53.
  std::uint64_t id = 0;
  timestamp at{};
  std::string plugin;
  std::string subscription;  ///< Its pattern.
  event_ptr what;            ///< Not null.
  dead_letter_cause cause = dead_letter_cause::failed;
  std::string detail;
  unsigned attempts = 0;  ///< How often the handler was called with it.
};

/// {id, at, plugin, subscription, cause, detail, attempts, event}, the event as its envelope.
void to_json(json& out, const dead_letter& letter);

/// No id is this high: JSON's numbers are exact below it.
inline constexpr std::uint64_t dead_letter_id_end = std::uint64_t{1} << 53U;

/// Which letters are meant; all by default.
struct dead_letter_filter {
  static constexpr std::size_t longest = 500;

  std::string plugin;                      ///< Empty for any.
  std::optional<dead_letter_cause> cause;  ///< None for any.
  std::string type;                        ///< Of the event; empty for any.
  std::uint64_t before = 0;                ///< Only those with a lower id, as a list goes on after it; 0 for all.
  std::uint64_t after = 0;                 ///< Only those with a higher id.
  std::size_t limit = longest;             ///< Of those that are left the newest so many, from 1 to `longest`.
  bool oldest_first = false;               ///< The oldest so many instead, and in that order.
};

/// Whether the filter means this letter; its limit and order have no say.
bool admits(const dead_letter_filter& filter, const dead_letter& letter) noexcept;

/// Part of a list of dead letters.
struct dead_letter_page {
  std::vector<dead_letter> items;
  /// How many the filter means altogether, whatever its before, after and limit.
  std::uint64_t total = 0;
};

/// What became of dead letters that were sent again together.
struct redrive_report {
  std::uint64_t redriven = 0;  ///< Their subscription's inbox took them; they are dead letters no more.
  std::uint64_t left = 0;      ///< Those that the filter still means: refused ones, and what its limit did not reach.
  std::map<std::string, std::uint64_t> refused;  ///< Why letters were refused, and how many for that reason.
};

/// {redriven, left, refused: [{reason, count}]}
void to_json(json& out, const redrive_report& report);

}  // namespace streamspace
