#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace streamspace {

/// From an instant on, a zone's clocks keep this distance from UTC.
struct zone_change {
  std::chrono::sys_seconds at;
  std::chrono::seconds offset{0};  ///< Local time less UTC.
};

/// A rule that gives the offsets of all years, as POSIX writes it in TZ ("CET-1CEST,M3.5.0,M10.5.0/3") and as it stands
/// at the end of a time zone file (RFC 9636, section 3.3, where hours may be -167 to 167).
class posix_zone_rule {
 public:
  /// Nothing for any other text. Summer time without the days on which it begins and ends is refused, too.
  static std::optional<posix_zone_rule> parse(std::string_view text) noexcept;

  std::chrono::seconds offset() const noexcept { return offset_; }
  bool has_summer_time() const noexcept { return has_summer_time_; }
  /// Both changes of a year, by its local calendar, in ascending order. Asks for has_summer_time().
  std::array<zone_change, 2> changes_of(std::chrono::year y) const noexcept;

 private:
  /// A local time of each year.
  struct moment {
    enum class kind { weekday_of_month, day_without_leap_day, day_from_zero };
    kind counts = kind::weekday_of_month;
    unsigned month = 1;
    unsigned week = 1;  ///< 5 is the last one.
    unsigned weekday = 0;
    int day = 0;
    std::chrono::seconds time{0};

    std::chrono::local_seconds in(std::chrono::year y) const noexcept;
  };
  class reader;

  std::chrono::seconds offset_{0};
  std::chrono::seconds summer_offset_{0};
  bool has_summer_time_ = false;
  moment summer_;
  moment winter_;
};

}  // namespace streamspace
