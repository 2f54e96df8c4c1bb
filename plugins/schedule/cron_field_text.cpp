#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <streamspace/plugins/schedule/cron_field_text.hpp>
#include <streamspace/plugins/schedule/in_quotes.hpp>

namespace streamspace {

namespace {

using names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct field_rules {
  std::string_view name;
  int lowest;
  int highest;
  int last;  ///< Of a star, and of a value with a step. Not 7, which is Sunday as well as 0.
  names words;
  std::string_view allowed;
};

const field_rules& rules_of(cron_field field) noexcept {
  static constexpr std::array<field_rules, 6> rules{{
      {"second", 0, 59, 59, {}, "0-59"},
      {"minute", 0, 59, 59, {}, "0-59"},
      {"hour", 0, 23, 23, {}, "0-23"},
      {"day-of-month", 1, 31, 31, {}, "1-31"},
      {"month", 1, 12, 12, month_names, "1-12 or JAN-DEC"},
      {"day-of-week", 0, 7, 6, weekday_names, "0-7 or SUN-SAT"},
  }};
  return rules[static_cast<std::size_t>(field)];
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

class field_reader {
 public:
  field_reader(cron_field field, std::string_view text)
      : days_{field == cron_field::day_of_month || field == cron_field::day_of_week},
        rules_{rules_of(field)},
        text_{text} {}

  tl::expected<cron_field_values, text_fault> read() {
    values_.star = text_.starts_with('*') || text_.starts_with('?');
    for (std::size_t begin = 0; begin <= text_.size();) {
      const auto end = std::min(text_.find(',', begin), text_.size());
      if (!read_item(begin, end)) return tl::unexpected{std::move(fault_)};
      begin = end + 1;
    }
    constexpr std::uint64_t seven = std::uint64_t{1} << 7U;
    if (rules_.highest == 7 && (values_.bits & seven) != 0) values_.bits = (values_.bits & ~seven) | 1U;
    return values_;
  }

 private:
  bool fail(std::size_t at, std::string what) {
    fault_ = {at, std::move(what)};
    return false;
  }
  std::string_view part(std::size_t begin, std::size_t end) const noexcept { return text_.substr(begin, end - begin); }

  bool read_item(std::size_t begin, std::size_t end) {
    if (begin == end) return fail(begin, "a value of the list is missing");
    const auto slash = std::min(text_.find('/', begin), end);
    int first = rules_.lowest;
    int last = rules_.last;
    if (!read_range(begin, slash, end, first, last)) return false;
    int step = 1;
    if (slash < end && !read_step(slash + 1, end, step)) return false;
    for (int n = first; n <= last; n += step) values_.bits |= std::uint64_t{1} << static_cast<unsigned>(n);
    return true;
  }

  bool read_range(std::size_t begin, std::size_t end, std::size_t item_end, int& first, int& last) {
    if (begin == end) return fail(begin, "a value is missing before '/'");
    if (const char c = text_[begin]; c == '*' || c == '?') {
      if (c == '?' && !days_) return fail(begin, "'?' is for the day-of-month and the day-of-week; write '*'");
      if (begin + 1 == end) return true;
      return fail(begin + 1, std::string{"nothing but a step, such as /5, may follow '"} + c + "'");
    }
    const auto dash = std::min(text_.find('-', begin), end);
    if (!read_value(begin, dash, first)) return false;
    if (dash == end) {
      // With a step it is the first of a range, without one it is all.
      last = end < item_end ? std::max(first, rules_.last) : first;
      return true;
    }
    if (!read_value(dash + 1, end, last)) return false;
    if (first <= last) return true;
    return fail(begin, in_quotes(part(begin, end)) + " ends before it begins (" + std::to_string(first) + " is above " +
                           std::to_string(last) + "); " +
                           (rules_.highest == 7 && last == 0 ? "write 7 for the Sunday at the end of a range"
                                                             : "write it as two ranges with a comma"));
  }

  bool read_step(std::size_t begin, std::size_t end, int& step) {
    if (begin == end) return fail(begin, "a step is missing after '/'");
    const auto text = part(begin, end);
    if (!std::all_of(text.begin(), text.end(), is_digit))
      return fail(begin, in_quotes(text) + " is no step; a step is a whole number above 0");
    step = number(text);
    if (step == 0) return fail(begin, "a step of 0 leads nowhere; a step is a whole number above 0");
    return true;
  }

  bool read_value(std::size_t begin, std::size_t end, int& value) {
    if (begin == end)
      return fail(begin, begin > 0 && text_[begin - 1] == '-' ? "a value is missing after '-'"
                                                              : "a value is missing before '-'");
    const auto text = part(begin, end);
    if (std::all_of(text.begin(), text.end(), is_digit)) {
      value = number(text);
      const auto shown = text.size() > 9 ? in_quotes(text) : std::to_string(value);
      if (value > rules_.highest) return fail(begin, shown + " is above " + std::to_string(rules_.highest));
      if (value < rules_.lowest) return fail(begin, shown + " is below " + std::to_string(rules_.lowest));
      return true;
    }
    if (const auto named = name(text)) {
      value = named - 1 + (rules_.lowest);
      return true;
    }
    if (days_ && !refuse_quartz(begin, text)) return false;
    return fail(begin,
                in_quotes(text) + " is no " + std::string{rules_.name} + "; write " + std::string{rules_.allowed});
  }

  /// The place of a name, counted from 1; 0 for another word.
  int name(std::string_view text) const noexcept {
    const auto same = [text](std::string_view word) {
      return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                        [](char a, char b) { return upper(a) == b; });
    };
    const auto found = std::find_if(rules_.words.begin(), rules_.words.end(), same);
    return found == rules_.words.end() ? 0 : static_cast<int>(found - rules_.words.begin()) + 1;
  }

  /// What Quartz has besides, such as L, LW, 15W, 5L, FRIL and 6#3.
  bool refuse_quartz(std::size_t begin, std::string_view text) {
    const auto refuse = [&](std::size_t at, std::string_view what) {
      return fail(begin + at, std::string{what} + " is not supported; list the days, or let the job look at the date");
    };
    if (const auto hash = text.find('#'); hash != std::string_view::npos)
      return refuse(hash, "'#' (the nth of a weekday in the month)");
    const auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    auto letters = text.substr(digits);
    auto at = digits;
    if (letters.size() == 4 && name(letters.substr(0, 3)) != 0) {
      letters.remove_prefix(3);
      at += 3;
    }
    if (letters.size() > 2) return true;
    const char first = upper(letters.front());
    const char second = letters.size() == 2 ? upper(letters[1]) : ' ';
    if (first == 'L' && (second == ' ' || second == 'W')) return refuse(at, "'L' (the last day)");
    if (first == 'W' && second == ' ') return refuse(at, "'W' (the nearest working day)");
    return true;
  }

  /// Of digits; no more than a billion.
  static int number(std::string_view digits) noexcept {
    constexpr int most = 1'000'000'000;
    std::int64_t value = 0;
    for (const char c : digits) value = std::min<std::int64_t>(value * 10 + (c - '0'), most);
    return static_cast<int>(value);
  }

  const bool days_;
  const field_rules& rules_;
  const std::string_view text_;
  cron_field_values values_;
  text_fault fault_;
};

}  // namespace

std::string_view to_string(cron_field field) noexcept {
  return rules_of(field).name;
}

tl::expected<cron_field_values, text_fault> parse_cron_field(cron_field field, std::string_view text) {
  return field_reader{field, text}.read();
}

}  // namespace streamspace
