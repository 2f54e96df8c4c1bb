#include <algorithm>

#include <streamspace/plugins/schedule/posix_zone_rule.hpp>

namespace streamspace {

namespace {

using namespace std::chrono;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

/// Reads from the front; each function says whether what it wants was there.
class posix_zone_rule::reader {
 public:
  explicit reader(std::string_view text) : rest_{text} {}

  bool at_end() const noexcept { return rest_.empty(); }
  bool at(char c) const noexcept { return rest_.starts_with(c); }

  bool take(char c) noexcept {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// "CET" or "<+0330>".
  bool name() noexcept {
    if (take('<')) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const auto length =
        static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_letter) - rest_.begin());
    rest_.remove_prefix(length);
    return length >= 3;
  }

  bool number(int& value, int most) noexcept {
    if (rest_.empty() || !is_digit(rest_.front())) return false;
    value = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1))
      if ((value = value * 10 + (rest_.front() - '0')) > most) return false;
    return true;
  }

  /// "[+-]hh[:mm[:ss]]"
  bool time(seconds& value) noexcept {
    const bool negative = take('-');
    if (!negative) take('+');
    int h = 0;
    int m = 0;
    int s = 0;
    if (!number(h, 167) || (take(':') && (!number(m, 59) || (take(':') && !number(s, 59))))) return false;
    value = hours{h} + minutes{m} + seconds{s};
    if (negative) value = -value;
    return true;
  }

  /// ",M3.5.0/2", ",J60" or ",59"
  bool read(moment& value) noexcept {
    if (!take(',')) return false;
    if (take('M')) {
      int m = 0;
      int w = 0;
      int d = 0;
      if (!number(m, 12) || !take('.') || !number(w, 5) || !take('.') || !number(d, 6) || m == 0 || w == 0)
        return false;
      value.month = static_cast<unsigned>(m);
      value.week = static_cast<unsigned>(w);
      value.weekday = static_cast<unsigned>(d);
    } else if (take('J')) {
      value.counts = moment::kind::day_without_leap_day;
      if (!number(value.day, 365) || value.day == 0) return false;
    } else {
      value.counts = moment::kind::day_from_zero;
      if (!number(value.day, 365)) return false;
    }
    value.time = 2h;
    return !take('/') || time(value.time);
  }

 private:
  std::string_view rest_;
};

std::optional<posix_zone_rule> posix_zone_rule::parse(std::string_view text) noexcept {
  reader in{text};
  posix_zone_rule rule;
  seconds west{0};
  if (!in.name() || !in.time(west)) return std::nullopt;
  rule.offset_ = -west;
  if (in.at_end()) return rule;
  if (!in.name()) return std::nullopt;
  rule.has_summer_time_ = true;
  rule.summer_offset_ = rule.offset_ + 1h;
  if (!in.at(',')) {
    if (!in.time(west)) return std::nullopt;
    rule.summer_offset_ = -west;
  }
  if (!in.read(rule.summer_) || !in.read(rule.winter_) || !in.at_end()) return std::nullopt;
  return rule;
}

local_seconds posix_zone_rule::moment::in(year y) const noexcept {
  switch (counts) {
    case kind::day_without_leap_day: {
      const bool behind_leap_day = y.is_leap() && day >= 60;
      return local_days{y / 1 / 1} + days{day - 1 + (behind_leap_day ? 1 : 0)} + time;
    }
    case kind::day_from_zero:
      return local_days{y / 1 / 1} + days{day} + time;
    case kind::weekday_of_month:
      break;
  }
  const std::chrono::month m{month};
  const std::chrono::weekday d{weekday};
  if (week == 5) return local_days{y / m / d[last]} + time;
  return local_days{y / m / d[week]} + time;
}

std::array<zone_change, 2> posix_zone_rule::changes_of(year y) const noexcept {
  const auto summer = sys_seconds{summer_.in(y).time_since_epoch() - offset_};
  const auto winter = sys_seconds{winter_.in(y).time_since_epoch() - summer_offset_};
  std::array changes{zone_change{summer, summer_offset_}, zone_change{winter, offset_}};
  if (winter < summer) std::swap(changes[0], changes[1]);
  return changes;
}

}  // namespace streamspace
