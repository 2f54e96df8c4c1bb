#include <cstdio>

#include <streamspace/messages/tick_count.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

namespace {

/// Reads exactly `count` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

timestamp now() noexcept {
  // To ask the system costs as much as many of those who want the time do besides. For a moment, what was asked last
  // can be counted on from.
  constexpr double moment = 100;  // Microseconds.
  constexpr double prompt = 0.5;  // An answer that took longer belongs to no one count.
  constexpr double fractions = std::uint64_t{1} << 32U;
  struct answer {
    std::uint64_t ticks = 0;
    std::uint64_t ticks_to_last = 0;  ///< While it can be counted on from.
    std::uint64_t tick = 0;           ///< In fractions of a microsecond.
    std::uint64_t begun = 0;          ///< The same, of the microsecond that it fell in.
    timestamp time;
  };
  thread_local constinit answer last;
  const auto ticks = tick_count();
  if (const auto passed = ticks - last.ticks; passed < last.ticks_to_last)
    return last.time + std::chrono::microseconds{(last.begun + passed * last.tick) >> 32U};
  const auto asked = std::chrono::system_clock::now();
  const auto took = tick_count() - ticks;
  const auto time = std::chrono::floor<std::chrono::microseconds>(asked);
  const auto tick = nanoseconds_per_tick() / 1'000;
  if (is_tick_rate_settled() && static_cast<double>(took) * tick <= prompt) {
    const std::chrono::duration<double, std::micro> begun = asked - time;
    last = {ticks + took / 2, static_cast<std::uint64_t>(moment / tick), static_cast<std::uint64_t>(tick * fractions),
            static_cast<std::uint64_t>(begun.count() * fractions), time};
  }
  return time;
}

std::string to_rfc3339(timestamp t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> clock{t - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06ldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<long>(clock.subseconds().count()));
  return text;
}

std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take(text, "-")) return std::nullopt;
  const auto mo = take_digits(text, 2);
  if (!mo || !take(text, "-")) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d || !take(text, "Tt ")) return std::nullopt;
  const auto h = take_digits(text, 2);
  if (!h || !take(text, ":")) return std::nullopt;
  const auto mi = take_digits(text, 2);
  if (!mi || !take(text, ":")) return std::nullopt;
  const auto s = take_digits(text, 2);
  if (!s) return std::nullopt;
  long micros = 0;
  if (take(text, ".")) {
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (digits < 6) micros = micros * 10 + (text.front() - '0');
      ++digits;
      text.remove_prefix(1);
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 6; ++digits) micros *= 10;
  }
  minutes offset{0};
  if (!take(text, "Zz")) {
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) return std::nullopt;
    const auto oh = take_digits(text, 2);
    if (!oh || *oh > 23) return std::nullopt;
    int om = 0;
    if (!text.empty()) {
      if (!take(text, ":")) return std::nullopt;
      const auto read = take_digits(text, 2);
      if (!read || *read > 59) return std::nullopt;
      om = *read;
    }
    offset = minutes{*oh * 60 + om} * (west ? -1 : 1);
  }
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
  // Second 60 is a leap second (RFC 3339, section 5.6); it is counted as the first instant of the next minute.
  if (!text.empty() || !date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  return sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s} + microseconds{micros} - offset;
}

}  // namespace streamspace
