#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
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
  inbox_full,         ///< The plugin's inbox had no room, or dropped its oldest to make room.
  not_enabled,        ///< The plugin took no events at that time.
  ended,              ///< The plugin ended with the event unhandled.
  poison,             ///< The event made the plugin crash too often.
  quarantined,        ///< The plugin crashed too often.
  handler_deadline,   ///< The handler took longer than it may.
  subscription_gone,  ///< The subscription ended before the event's turn came.
  failed,             ///< The handler failed as often as it is tried.
};

inline constexpr std::size_t dead_letter_causes = 8;

/// "inbox_full"
std::string_view to_string(dead_letter_cause cause) noexcept;
std::optional<dead_letter_cause> parse_dead_letter_cause(std::string_view text) noexcept;

struct dead_letter {
  std::uint64_t id = 0;  ///< Ascending from 1 on, never used again by the same dead_letters.
  timestamp at{};
  std::string plugin;
  std::string subscription;  ///< Its pattern.
  event_ptr what;            ///< Not null.
  dead_letter_cause cause = dead_letter_cause::failed;
  std::string detail;     ///< At most dead_letters::longest_detail bytes.
  unsigned attempts = 0;  ///< How often the handler was called with it.
};

/// {id, at, plugin, subscription, cause, detail, attempts, event}, the event as its envelope.
void to_json(json& out, const dead_letter& letter);

/// A dead letter on its way in, so that nothing needs to be copied before it is kept.
struct undelivered {
  timestamp at;
  std::string_view plugin;
  std::string_view subscription;
  event_ptr what;  ///< Not null.
  dead_letter_cause cause;
  std::string_view detail{};
  unsigned attempts = 0;
  std::size_t event_bytes = 0;  ///< What the event weighs against the bound in bytes (footprint.hpp).
};

struct dead_letter_limits {
  std::size_t items = 10'000;     ///< At least 1. Room for so many is made at once, some 200 bytes each.
  std::size_t bytes = 32U << 20;  ///< Of the letters and their events, approximately. The newest is kept in any case.
};

/// Which letters are meant; all by default.
struct dead_letter_filter {
  std::string plugin;                      ///< Empty for any.
  std::optional<dead_letter_cause> cause;  ///< None for any.
  std::uint64_t after = 0;                 ///< Only older ones than this letter, as a list goes on after it; 0 for all.
  std::size_t limit = SIZE_MAX;            ///< Of those that are left the newest so many.
};

/// The last events that did not get through, within bounds: a new one pushes the oldest out. Thread-safe. No call
/// blocks longer than another one holds the lock: add() for a moment, the others while they walk through what is kept.
class dead_letters {
 public:
  static constexpr std::size_t longest_detail = 512;
  using totals_by_cause = std::array<std::uint64_t, dead_letter_causes>;

  explicit dead_letters(dead_letter_limits limits = {});

  /// Keeps a letter and gives its id. Details are cut to longest_detail. Allocates nothing once the ring has been
  /// filled by letters with texts as long as these.
  std::uint64_t add(undelivered letter);

  /// Newest first.
  std::vector<dead_letter> list(const dead_letter_filter& filter) const;
  /// Nothing when it was taken or pushed out.
  std::optional<dead_letter> find(std::uint64_t id) const;

  /// Removes a letter, as for a redrive: of several callers one gets it.
  std::optional<dead_letter> take(std::uint64_t id);
  /// Removes what list() would show; oldest first, as it came.
  std::vector<dead_letter> take_all(const dead_letter_filter& filter);
  /// Removes all letters.
  void clear();

  /// How many were ever added, by static_cast<std::size_t>(cause), whatever has become of them.
  totals_by_cause totals() const;

 private:
  struct slot {
    dead_letter letter;
    std::size_t bytes = 0;
  };

  /// The slot at a place counted from the oldest letter on.
  slot& at(std::size_t place) noexcept;
  const slot& at(std::size_t place) const noexcept;
  /// The place of a letter, or size_ when it is not there.
  std::size_t place_of(std::uint64_t id) const noexcept;
  /// The places of the letters that the filter means, newest first.
  std::vector<std::size_t> places_of(const dead_letter_filter& filter) const;
  event_ptr evict_oldest() noexcept;
  /// Closes the gaps that letters moved out (those with the id 0) have left.
  void close_gaps() noexcept;

  const dead_letter_limits limits_;
  mutable std::mutex mutex_;
  std::vector<slot> slots_;  ///< A ring in the order of the ids. Slots keep their strings' memory when they are left.
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
  totals_by_cause totals_{};
};

}  // namespace streamspace
