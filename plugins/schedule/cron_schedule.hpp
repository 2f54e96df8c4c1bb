#pragma once

#include <optional>
#include <string_view>

#include <streamspace/messages/time.hpp>
#include <streamspace/plugins/schedule/cron_expression.hpp>

namespace streamspace {

/// What happens to a job when clocks are put forward or back.
enum class dst_rule {
  /// A job at fixed times (neither its minute nor its hour begins with '*') runs once for each of them: at the end of
  /// the gap if clocks skip it, the first time if clocks show it twice. Any other job does as with `wall`.
  vixie,
  /// A job runs at each instant at which the local clock shows its time: not at all in a gap, twice in what is
  /// repeated.
  wall
};

/// "vixie" or "wall"; nothing for another text.
std::optional<dst_rule> parse_dst_rule(std::string_view text) noexcept;

/// An expression in a zone: the instants at which it is due. A value; may be used from any thread.
class cron_schedule {
 public:
  /// In the expression's own zone, if it names one, or else in `zone`.
  explicit cron_schedule(cron_expression expression, time_zone zone = {}, dst_rule rule = dst_rule::vixie);

  /// The first instant after `after`, which itself is never one; in whole seconds. Nothing when there is none until the
  /// end of the year 9999; that is found out by looking at the 400 years in which the calendar goes round. An interval
  /// counts from `after`, whose fraction of a second is cut. Allocates nothing and does not block.
  std::optional<timestamp> next(timestamp after) const noexcept;

  const cron_expression& expression() const noexcept { return expression_; }
  const time_zone& zone() const noexcept { return zone_; }
  dst_rule rule() const noexcept { return rule_; }

 private:
  std::optional<std::chrono::sys_seconds> first_showing(std::chrono::sys_seconds from) const noexcept;
  std::optional<std::chrono::sys_seconds> first_reaching(std::chrono::sys_seconds from) const noexcept;

  cron_expression expression_;
  time_zone zone_;
  dst_rule rule_;
};

}  // namespace streamspace
