#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace streamspace {

/// The fields of a cron expression as sets of values, bit n for the value n, and what of the calendar they match. Makes
/// no difference between zones: the times are what a clock on the wall shows.
struct cron_fields {
  std::uint64_t seconds = 1;   ///< 0 to 59; second 0 where an expression has no field for it.
  std::uint64_t minutes = 0;   ///< 0 to 59
  std::uint32_t hours = 0;     ///< 0 to 23
  std::uint32_t days = 0;      ///< 1 to 31
  std::uint32_t months = 0;    ///< 1 to 12
  std::uint32_t weekdays = 0;  ///< 0 (Sunday) to 6 (Saturday)

  /// Whether the field's text begins with '*' or '?', a step behind it or not.
  bool star_minute = false;
  bool star_hour = false;
  bool star_day = false;
  bool star_weekday = false;

  /// A day matches if its day of the month or its day of the week does; if one of the two fields begins with a star,
  /// both have to.
  bool either_day() const noexcept { return !star_day && !star_weekday; }
  /// Whether the job is one for certain times of the day, rather than one that follows the clock: neither the minute
  /// nor the hour begins with a star.
  bool at_fixed_times() const noexcept { return !star_minute && !star_hour; }

  /// The days of a month that match, bit n for the day n; the field for months is not asked.
  std::uint32_t days_of(std::chrono::year y, std::chrono::month m) const noexcept;

  /// The first matching time at or after `from`, which has to lie within the years 0 to 10,000; nothing when no day of
  /// the calendar matches. Allocates nothing.
  std::optional<std::chrono::local_seconds> first_match(std::chrono::local_seconds from) const noexcept;

  friend bool operator==(const cron_fields&, const cron_fields&) = default;

 private:
  std::optional<std::chrono::seconds> first_time(std::chrono::seconds from) const noexcept;
  std::optional<std::chrono::local_days> first_day(std::chrono::year_month_day from) const noexcept;
};

}  // namespace streamspace
