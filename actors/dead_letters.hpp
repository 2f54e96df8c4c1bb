#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include <streamspace/messages/dead_letter.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

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

/// The last events that did not get through, within bounds: a new one pushes the oldest out. Thread-safe. No call
/// blocks longer than another one holds the lock: add() for a moment, the others while they walk through what is kept.
class dead_letters {
 public:
  static constexpr std::size_t longest_detail = 512;
  using totals_by_cause = std::array<std::uint64_t, dead_letter_causes>;

  explicit dead_letters(dead_letter_limits limits = {});

  /// Keeps a letter and gives its id. Details are cut to longest_detail. Allocates nothing once the ring has been
  /// filled by letters with texts as long as these, and wakes nobody.
  std::uint64_t add(undelivered letter);

  /// The next letter gets this id, and those after it the following ones. Ignored when a letter had a higher one.
  void number_from(std::uint64_t first);
  /// The next id, for a letter that is kept elsewhere.
  std::uint64_t draw_id();
  /// The newest letter's, whatever has become of it; below the first one's before that comes.
  std::uint64_t last_id() const;

  /// How many the filter means, whatever its before, after and limit.
  std::size_t count(dead_letter_filter filter) const;
  std::vector<dead_letter> list(const dead_letter_filter& filter) const;
  /// Nothing when it was taken or pushed out.
  std::optional<dead_letter> find(std::uint64_t id) const;

  /// Removes a letter: of several callers one gets it.
  std::optional<dead_letter> take(std::uint64_t id);
  /// Removes what list() would show, but from the first one on no more than so many bytes, as they count for the bound;
  /// one letter in any case. Oldest first, as it came.
  std::vector<dead_letter> take_all(const dead_letter_filter& filter, std::size_t most_bytes = SIZE_MAX);

  /// How many were ever added, by static_cast<std::size_t>(cause), whatever has become of them.
  totals_by_cause totals() const;
  /// How many newer letters have pushed out.
  std::uint64_t pushed_out() const;

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
  /// The places of the letters that the filter means, in its order.
  std::vector<std::size_t> places_of(const dead_letter_filter& filter) const;
  event_ptr evict_oldest() noexcept;
  void step_over_oldest() noexcept;
  /// A copy, so that the slot keeps its strings' memory; the letter is gone with the next close_gaps().
  dead_letter take_from(slot& from);
  /// Closes the gaps that so many letters taken out (those with the id 0) have left.
  void close_gaps(std::size_t gaps) noexcept;

  const dead_letter_limits limits_;
  mutable std::mutex mutex_;
  std::vector<slot> slots_;  ///< A ring in the order of the ids. Slots keep their strings' memory when they are left.
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
  totals_by_cause totals_{};
  std::uint64_t pushed_out_ = 0;
};

}  // namespace streamspace
