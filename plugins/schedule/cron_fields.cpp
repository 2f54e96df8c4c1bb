#include <bit>

#include <streamspace/plugins/schedule/cron_fields.hpp>

namespace streamspace {

namespace {

using namespace std::chrono;

constexpr int none = 64;

/// The lowest value of the set that is at least `from`; none if there is none.
int at_least(std::uint64_t set, unsigned from) noexcept {
  return from < 64 ? std::countr_zero(set & (~std::uint64_t{0} << from)) : none;
}

int lowest(std::uint64_t set) noexcept {
  return std::countr_zero(set);
}

/// The calendar is the same again after so many years, days of the week included.
constexpr int calendar_cycle = 400;

}  // namespace

std::uint32_t cron_fields::days_of(year y, month m) const noexcept {
  const auto first = weekday{local_days{y / m / 1}}.c_encoding();
  // Six weeks from a Sunday on, of which the first of the month is the day number `first`.
  constexpr auto six_weeks = 0x810204081ULL;  // The bits 0, 7, 14, 21, 28 and 35.
  const auto weeks = weekdays * six_weeks;
  const auto by_weekday = static_cast<std::uint32_t>(weeks >> first) << 1U;
  const auto matching = either_day() ? days | by_weekday : days & by_weekday;
  const auto length = static_cast<unsigned>((y / m / last).day());
  return matching & static_cast<std::uint32_t>((std::uint64_t{2} << length) - 2);
}

std::optional<std::chrono::seconds> cron_fields::first_time(std::chrono::seconds from) const noexcept {
  const auto time = static_cast<unsigned>(from.count());
  const auto in_hour = time / 3600;
  const auto at = [](int h, int m, int s) { return std::chrono::seconds{h * 3600 + m * 60 + s}; };
  if ((hours >> in_hour & 1U) != 0) {
    const auto in_minute = time / 60 % 60;
    if ((minutes >> in_minute & 1U) != 0)
      if (const auto s = at_least(seconds, time % 60); s != none)
        return at(static_cast<int>(in_hour), static_cast<int>(in_minute), s);
    if (const auto m = at_least(minutes, in_minute + 1); m != none)
      return at(static_cast<int>(in_hour), m, lowest(seconds));
  }
  if (const auto h = at_least(hours, in_hour + 1); h != none) return at(h, lowest(minutes), lowest(seconds));
  return std::nullopt;
}

std::optional<local_days> cron_fields::first_day(year_month_day from) const noexcept {
  auto y = from.year();
  auto m = from.month();
  auto earlier = (std::uint64_t{1} << static_cast<unsigned>(from.day())) - 1;
  for (const auto until = y + years{calendar_cycle}; y <= until;) {
    if ((months >> static_cast<unsigned>(m) & 1U) != 0)
      if (const auto left = days_of(y, m) & ~earlier; left != 0)
        return local_days{y / m / day{static_cast<unsigned>(lowest(left))}};
    earlier = 0;
    auto later = at_least(months, static_cast<unsigned>(m) + 1);
    if (later == none) {
      ++y;
      later = lowest(months);
      if (later == none) break;
    }
    m = month{static_cast<unsigned>(later)};
  }
  return std::nullopt;
}

std::optional<local_seconds> cron_fields::first_match(local_seconds from) const noexcept {
  const auto today = floor<std::chrono::days>(from);
  auto day = first_day(year_month_day{today});
  if (day == today) {
    if (const auto time = first_time(from - today)) return today + *time;
    day = first_day(year_month_day{today + std::chrono::days{1}});
  }
  const auto time = first_time(0s);
  if (!day || !time) return std::nullopt;
  return *day + *time;
}

}  // namespace streamspace
