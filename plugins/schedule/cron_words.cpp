#include <bit>
#include <cstdio>
#include <functional>

#include <streamspace/plugins/schedule/calendar_words.hpp>
#include <streamspace/plugins/schedule/cron_words.hpp>

namespace streamspace {

namespace {

/// So many times of the day are listed rather than said by hour and minute.
constexpr int most_times = 6;

constexpr std::uint64_t all_sixty = (std::uint64_t{1} << 60U) - 1;
constexpr std::uint64_t all_hours = (1U << 24U) - 1;
constexpr std::uint32_t all_days = 0xFFFFFFFE;
constexpr std::uint32_t all_months = 0x1FFE;
constexpr std::uint32_t all_weekdays = 0x7F;

using namer = std::function<std::string(int)>;

std::string plain(int n) {
  return std::to_string(n);
}

std::vector<int> values_of(std::uint64_t set) {
  std::vector<int> values;
  for (; set != 0; set &= set - 1) values.push_back(std::countr_zero(set));
  return values;
}

bool is_one(std::uint64_t set) {
  return std::has_single_bit(set);
}

/// Whether the values follow each other without a gap.
bool is_run(std::uint64_t set) {
  return set != 0 && std::has_single_bit((set >> std::countr_zero(set)) + 1);
}

/// The step, if the set is 0, step, 2 * step and so on, and the next one would be `size`: "every 5 minutes". Else 0.
int even_step(std::uint64_t set, int size) {
  const auto values = values_of(set);
  if (values.size() < 2 || values[0] != 0) return 0;
  const int step = values[1];
  if (step < 2 || size % step != 0 || values.size() != static_cast<std::size_t>(size / step)) return 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != static_cast<int>(i) * step) return 0;
  return step;
}

/// "1, 3 and 7", "9 to 17", "1 to 29 in steps of 7".
std::string values_in_words(std::uint64_t set, const namer& name) {
  const auto values = values_of(set);
  const auto count = values.size();
  if (count >= 4 && values[1] - values[0] > 1) {
    const int step = values[1] - values[0];
    bool even = true;
    for (std::size_t i = 1; i < count; ++i) even = even && values[i] - values[i - 1] == step;
    if (even) return name(values.front()) + " to " + name(values.back()) + " in steps of " + std::to_string(step);
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < count;) {
    auto end = i + 1;
    while (end < count && values[end] == values[end - 1] + 1) ++end;
    if (end - i >= 3) {
      parts.push_back(name(values[i]) + " to " + name(values[end - 1]));
      i = end;
    } else {
      parts.push_back(name(values[i++]));
    }
  }
  return listed(parts);
}

std::string clock_time(int hour, int minute, int second = 0) {
  char text[16];
  if (second == 0)
    std::snprintf(text, sizeof text, "%02d:%02d", hour, minute);
  else
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", hour, minute, second);
  return text;
}

std::string counted(std::int64_t n, const std::string& unit) {
  return std::to_string(n) + " " + unit + (n == 1 ? "" : "s");
}

std::string every(int step, const std::string& unit) {
  return "every " + std::to_string(step) + " " + unit + "s";
}

/// "minute 5", "minutes 5 and 35", "every minute".
std::string part_in_words(std::uint64_t set, std::uint64_t all, const std::string& unit) {
  if (set == all) return "every " + unit;
  return unit + (is_one(set) ? " " : "s ") + values_in_words(set, plain);
}

struct time_words {
  std::string text;
  bool lists_times = false;  ///< Which asks for "every day" where the days are not restricted.
};

time_words listed_times(const cron_fields& f) {
  std::vector<std::string> times;
  for (const int h : values_of(f.hours))
    for (const int m : values_of(f.minutes))
      for (const int s : values_of(f.seconds)) times.push_back(clock_time(h, m, s));
  return {"at " + listed(times), true};
}

/// By hour, minute and second, which fits everything.
time_words parts_in_words(const cron_fields& f) {
  std::string text;
  if (f.seconds != 1) text = part_in_words(f.seconds, all_sixty, "second") + " of ";
  text += part_in_words(f.minutes, all_sixty, "minute") + " of " + part_in_words(f.hours, all_hours, "hour");
  return {text.starts_with("every") ? text : "at " + text};
}

/// Of whole minutes, within hours that follow each other; nothing where that does not make it shorter.
std::string within_hours(const cron_fields& f) {
  const auto hours = values_of(f.hours);
  const int first = hours.front();
  const int last = hours.back();
  if (f.minutes == all_sixty) return "every minute from " + clock_time(first, 0) + " to " + clock_time(last, 59);
  if (const int step = even_step(f.minutes, 60))
    return every(step, "minute") + " from " + clock_time(first, 0) + " to " + clock_time(last, 60 - step);
  if (is_one(f.minutes)) {
    const int m = std::countr_zero(f.minutes);
    return "every hour from " + clock_time(first, m) + " to " + clock_time(last, m);
  }
  return "";
}

time_words in_words(const cron_fields& f) {
  const int count = std::popcount(f.hours) * std::popcount(f.minutes) * std::popcount(f.seconds);
  if (count <= 3) return listed_times(f);
  const bool whole_day = f.hours == all_hours;
  if (f.minutes == all_sixty && whole_day) {
    if (f.seconds == 1) return {"every minute"};
    if (f.seconds == all_sixty) return {"every second"};
    if (const int step = even_step(f.seconds, 60)) return {every(step, "second")};
  }
  if (f.seconds == 1) {
    if (whole_day)
      if (const int step = even_step(f.minutes, 60)) return {every(step, "minute")};
    if (is_one(f.minutes)) {
      const int minute = std::countr_zero(f.minutes);
      const auto at = minute == 0 ? "" : " at minute " + std::to_string(minute);
      if (whole_day) return {minute == 0 ? "every hour" : "at minute " + std::to_string(minute) + " of every hour"};
      if (const int step = even_step(f.hours, 24)) return {every(step, "hour") + at};
    }
    if (is_run(f.hours) && !whole_day)
      if (const auto text = within_hours(f); !text.empty()) return {text};
  }
  return count <= most_times ? listed_times(f) : parts_in_words(f);
}

/// Monday first, so that Friday to Sunday is a run.
std::string weekdays_in_words(std::uint32_t set) {
  const auto from_monday = set >> 1U | (set & 1U) << 6U;
  const auto text =
      values_in_words(from_monday, [](int n) { return std::string{weekday_words[static_cast<std::size_t>(n) + 1]}; });
  return std::popcount(set) >= 3 && is_run(from_monday) ? text : "on " + text;
}

std::string months_in_words(std::uint32_t set) {
  return values_in_words(set, [](int n) { return std::string{month_words[static_cast<std::size_t>(n)]}; });
}

std::string days_in_words(std::uint32_t set) {
  return (is_one(set) ? "on day " : "on days ") + values_in_words(set, plain);
}

/// With the comma before it; empty for every day.
std::string date_in_words(const cron_fields& f, bool lists_times) {
  const bool every_month = f.months == all_months;
  const bool every_date = f.days == all_days;
  const bool every_weekday = f.weekdays == all_weekdays;
  const auto within = every_month ? "" : " in " + months_in_words(f.months);
  if (f.either_day() ? every_date || every_weekday : every_date && every_weekday) {
    if (!every_month) return ", every day" + within;
    return lists_times ? ", every day" : "";
  }
  if (f.either_day())
    return ", " + days_in_words(f.days) + " of the month or " + weekdays_in_words(f.weekdays) + within;
  if (every_date) return ", " + weekdays_in_words(f.weekdays) + within;
  if (every_weekday) {
    if (is_one(f.months)) return ", on " + values_in_words(f.days, plain) + " " + months_in_words(f.months);
    return ", " + days_in_words(f.days) + " of " + (every_month ? "the month" : months_in_words(f.months));
  }
  return ", " + days_in_words(f.days) + " of the month if it is " +
         values_in_words(f.weekdays, [](int n) { return std::string{weekday_words[static_cast<std::size_t>(n)]}; }) +
         within;
}

std::string interval_in_words(std::chrono::seconds interval) {
  const auto seconds = interval.count();
  for (const auto& [unit, length] : {std::pair{"hour", 3600}, {"minute", 60}, {"second", 1}})
    if (seconds == length) return std::string{"every "} + unit;
  std::string text = "every";
  if (seconds >= 3600) text += " " + counted(seconds / 3600, "hour");
  if (seconds / 60 % 60 != 0) text += " " + counted(seconds / 60 % 60, "minute");
  if (seconds % 60 != 0) text += " " + counted(seconds % 60, "second");
  return text;
}

}  // namespace

std::string describe(const cron_expression& expression) {
  if (const auto interval = expression.interval()) return interval_in_words(*interval);
  const auto time = in_words(expression.fields());
  auto text = time.text + date_in_words(expression.fields(), time.lists_times);
  if (const auto& zone = expression.zone()) text += ", in the zone " + zone->name();
  return text;
}

}  // namespace streamspace
