#include <algorithm>

#include <streamspace/plugins/schedule/cron_schedule.hpp>
#include <streamspace/plugins/schedule/zone_periods.hpp>

namespace streamspace {

namespace {

using namespace std::chrono;

/// RFC 3339 has no other years.
constexpr sys_seconds first_instant = sys_days{0y / 1 / 1};
constexpr sys_seconds last_instant = sys_days{10'000y / 1 / 1} - 1s;

}  // namespace

std::optional<dst_rule> parse_dst_rule(std::string_view text) noexcept {
  if (text == "vixie") return dst_rule::vixie;
  if (text == "wall") return dst_rule::wall;
  return std::nullopt;
}

cron_schedule::cron_schedule(cron_expression expression, time_zone zone, dst_rule rule)
    : expression_{std::move(expression)}, zone_{expression_.zone().value_or(std::move(zone))}, rule_{rule} {}

std::optional<timestamp> cron_schedule::next(timestamp after) const noexcept {
  const auto second = std::max(floor<seconds>(after), first_instant - 1s);
  if (second >= last_instant) return std::nullopt;
  const auto from = second + 1s;
  std::optional<sys_seconds> found;
  if (const auto interval = expression_.interval())
    found = second + *interval;
  else if (rule_ == dst_rule::vixie && expression_.fields().at_fixed_times())
    found = first_reaching(from);
  else
    found = first_showing(from);
  if (!found || *found > last_instant) return std::nullopt;
  return *found;
}

/// The first instant at which the local clock shows a time that matches.
std::optional<sys_seconds> cron_schedule::first_showing(sys_seconds from) const noexcept {
  const auto& fields = expression_.fields();
  const auto& periods = zone_.periods();
  // From here on all would be as it was a cycle before.
  const auto end = std::min(last_instant, std::max(from, periods.settled()) + zone_periods::cycle);
  auto period = periods.at(from);
  auto searched = period.local(from);
  auto match = fields.first_match(searched);
  while (match && *match >= period.local(period.end)) {
    if (period.end > end) return std::nullopt;
    period = periods.at(period.end);
    const auto begin = period.local(period.begin);
    if (begin < searched || begin > *match) {
      searched = begin;
      match = fields.first_match(begin);
    }
  }
  if (!match) return std::nullopt;
  return period.utc(*match);
}

/// The first instant at which, for a time that matches, the local clock shows for the first time that time or, where it
/// leaves it out, a later one.
std::optional<sys_seconds> cron_schedule::first_reaching(sys_seconds from) const noexcept {
  const auto& periods = zone_.periods();
  auto period = periods.at(from);
  const auto match = expression_.fields().first_match(
      from == period.begin ? period.reached : std::max(period.local(from), period.reached));
  if (!match) return std::nullopt;
  while (*match >= period.local(period.end)) {
    if (period.end > last_instant) return std::nullopt;
    period = periods.at(period.end);
  }
  return std::max(period.begin, period.utc(*match));
}

}  // namespace streamspace
