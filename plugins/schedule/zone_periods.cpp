#include <algorithm>

#include <streamspace/plugins/schedule/zone_periods.hpp>

namespace streamspace {

namespace {

using namespace std::chrono;

/// Far outside of all years that are asked for, and offsets can be added to them.
constexpr sys_seconds first_instant{-seconds{std::int64_t{1} << 40U}};
constexpr sys_seconds last_instant{seconds{std::int64_t{1} << 40U}};

}  // namespace

zone_periods::zone_periods(seconds first_offset, const std::vector<zone_change>& changes,
                           const std::optional<posix_zone_rule>& rule)
    : settled_{changes.empty() ? first_instant : changes.back().at} {
  zone_period first{first_instant, last_instant, first_offset, {}};
  first.reached = first.local(first.begin);
  periods_.push_back(first);
  for (const auto& change : changes) add(change);
  if (!rule) return;
  if (!rule->has_summer_time()) {
    add({settled_, rule->offset()});
    return;
  }
  repeats_ = true;
  // The rule's own years begin after the one of the last change. One is for the period that reaches into the cycle, and
  // one more than the cycle for the period that reaches out of it.
  const auto last_change = changes.empty() ? sys_seconds{sys_days{1970y / 1 / 1}} : changes.back().at;
  const auto year_of_change = year_month_day{floor<days>(last_change)}.year();
  settled_ = sys_days{(year_of_change + years{2}) / 1 / 1};
  for (auto y = year_of_change; y <= year_of_change + years{403}; ++y)
    for (const auto& change : rule->changes_of(y))
      if (change.at > last_change) add(change);
}

void zone_periods::add(zone_change change) {
  auto& before = periods_.back();
  if (change.at <= before.begin) {
    before.offset = change.offset;
    return;
  }
  if (change.offset == before.offset) return;
  before.end = change.at;
  periods_.push_back({change.at, last_instant, change.offset, std::max(before.reached, before.local(before.end))});
}

zone_period zone_periods::at(sys_seconds t) const noexcept {
  seconds shift{0};
  if (repeats_ && t >= settled_ + cycle) {
    shift = (t - settled_) / seconds{cycle} * seconds{cycle};
    t -= shift;
  }
  const auto next = std::upper_bound(periods_.begin() + 1, periods_.end(), t,
                                     [](sys_seconds at, const zone_period& p) { return at < p.begin; });
  auto found = *std::prev(next);
  found.begin += shift;
  found.end += shift;
  found.reached += shift;
  return found;
}

}  // namespace streamspace
