#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include <streamspace/plugins/schedule/posix_zone_rule.hpp>

namespace streamspace {

/// A stretch of time in which the clocks of a zone keep one distance from UTC.
struct zone_period {
  std::chrono::sys_seconds begin;
  std::chrono::sys_seconds end;        ///< Not in it any more.
  std::chrono::seconds offset{0};      ///< Local time less UTC.
  std::chrono::local_seconds reached;  ///< Up to here, this not included, clocks had shown every time before `begin`.

  std::chrono::local_seconds local(std::chrono::sys_seconds t) const noexcept {
    return std::chrono::local_seconds{t.time_since_epoch() + offset};
  }
  std::chrono::sys_seconds utc(std::chrono::local_seconds t) const noexcept {
    return std::chrono::sys_seconds{t.time_since_epoch() - offset};
  }
};

/// All periods of a zone: those that history has set, and from the last of them on those of a rule, for ever.
class zone_periods {
 public:
  /// `changes` in ascending order. Without a rule the last offset stays.
  zone_periods(std::chrono::seconds first_offset, const std::vector<zone_change>& changes,
               const std::optional<posix_zone_rule>& rule);

  /// The period that `t`, which has to lie within the years -1 to 10,001, is in. Allocates nothing.
  zone_period at(std::chrono::sys_seconds t) const noexcept;

  /// From here on what happens in the zone happens again after each `cycle`.
  std::chrono::sys_seconds settled() const noexcept { return settled_; }
  /// 400 years, after which the calendar is the same again.
  static constexpr std::chrono::days cycle{146'097};

 private:
  void add(zone_change change);

  std::vector<zone_period> periods_;
  std::chrono::sys_seconds settled_;
  bool repeats_ = false;
};

}  // namespace streamspace
