#include <array>
#include <cstdint>
#include <optional>

#include <streamspace/plugins/schedule/duration_text.hpp>
#include <streamspace/plugins/schedule/in_quotes.hpp>

namespace streamspace {

namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array units{unit{"h", 3'600'000'000'000},
                           unit{"m", 60'000'000'000},
                           unit{"s", 1'000'000'000},
                           unit{"ms", 1'000'000},
                           unit{"us", 1'000},
                           unit{"\u00B5s", 1'000},
                           unit{"\u03BCs", 1'000},
                           unit{"ns", 1}};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

const unit* unit_named(std::string_view name) noexcept {
  for (const auto& u : units)
    if (u.name == name) return &u;
  return nullptr;
}

/// The digits on both sides of the point, times the unit; nothing when that is too much.
std::optional<std::int64_t> product(std::string_view whole, std::string_view fraction, std::int64_t unit) noexcept {
  std::int64_t sum = 0;
  for (const char c : whole)
    if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, c - '0', &sum)) return std::nullopt;
  if (__builtin_mul_overflow(sum, unit, &sum)) return std::nullopt;
  for (const char c : fraction) {
    unit /= 10;
    if (__builtin_add_overflow(sum, (c - '0') * unit, &sum)) return std::nullopt;
  }
  return sum;
}

}  // namespace

tl::expected<std::chrono::nanoseconds, text_fault> parse_duration(std::string_view text) {
  const auto fault = [](std::size_t at, std::string what) { return tl::unexpected{text_fault{at, std::move(what)}}; };
  std::size_t at = 0;
  const auto digits = [&] {
    const auto begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) ++at;
  if (at == text.size()) return fault(at, "a duration is missing, such as 1h30m");
  std::int64_t sum = 0;
  while (at < text.size()) {
    const auto begin = at;
    const auto whole = digits();
    std::string_view fraction;
    if (at < text.size() && text[at] == '.') {
      ++at;
      fraction = digits();
    }
    if (whole.empty() && fraction.empty())
      return fault(begin, in_quotes(text.substr(begin)) + " is no duration; write numbers with units, such as 1h30m");
    const auto name_begin = at;
    while (at < text.size() && !is_digit(text[at]) && text[at] != '.') ++at;
    const auto name = text.substr(name_begin, at - name_begin);
    if (name.empty())
      return fault(begin,
                   in_quotes(text.substr(begin, at - begin)) + " has no unit; the units are h, m, s, ms, us and ns");
    const auto* const u = unit_named(name);
    if (u == nullptr) return fault(name_begin, in_quotes(name) + " is no unit; the units are h, m, s, ms, us and ns");
    const auto part = product(whole, fraction, u->nanoseconds);
    if (!part || __builtin_add_overflow(sum, *part, &sum)) return fault(begin, "longer than 292 years");
  }
  return std::chrono::nanoseconds{negative ? -sum : sum};
}

}  // namespace streamspace
