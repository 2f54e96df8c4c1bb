#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <streamspace/plugins/schedule/duration_text.hpp>
#include <streamspace/plugins/schedule/in_quotes.hpp>
#include <streamspace/plugins/schedule/interval_text.hpp>

namespace streamspace {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> words{"hourly", "daily", "weekly", "monthly", "yearly"};

struct spelled_unit {
  std::string_view name;
  std::chrono::nanoseconds length;
};
constexpr std::array units{spelled_unit{"second", 1s}, spelled_unit{"minute", 1min}, spelled_unit{"hour", 1h},
                           spelled_unit{"day", 24h}, spelled_unit{"week", 168h}};

/// "1 day", "30 minutes"; nothing for another text.
std::optional<std::chrono::nanoseconds> spelled_out(std::string_view text) {
  const auto space = text.find(' ');
  // Four digits: more of the longest unit would not fit.
  if (space == 0 || space > 4) return std::nullopt;
  std::int64_t count = 0;
  for (const char c : text.substr(0, space)) {
    if (c < '0' || c > '9') return std::nullopt;
    count = 10 * count + (c - '0');
  }
  auto name = text.substr(space + 1);
  if (name.ends_with('s')) name.remove_suffix(1);
  for (const auto& unit : units)
    if (unit.name == name) return count * unit.length;
  return std::nullopt;
}

std::string expression_of(std::chrono::nanoseconds every) {
  const auto divides = [&](std::chrono::nanoseconds unit, std::chrono::nanoseconds whole) {
    return every < whole && every % unit == 0ns && whole % every == 0ns;
  };
  if (every == 168h) return "@weekly";
  if (every == 24h) return "@daily";
  if (every == 1h) return "@hourly";
  if (divides(1h, 24h)) return "0 */" + std::to_string(every / 1h) + " * * *";
  if (divides(1min, 1h)) return "*/" + std::to_string(every / 1min) + " * * * *";
  return "@every " + std::to_string(every / 1s) + "s";
}

}  // namespace

result<cron_expression> parse_interval(std::string_view text) {
  for (const auto word : words)
    if (text == word) return cron_expression::parse("@" + std::string{word});
  auto every = spelled_out(text);
  if (!every)
    if (const auto read = parse_duration(text)) every = *read;
  if (!every || *every < 1s || *every % 1s != 0ns)
    return failure(ec::invalid_argument,
                   in_quotes(text) +
                       " is no interval; write 5m, 1h30m, '1 day', hourly, daily, weekly, monthly "
                       "or yearly, or whole seconds such as 90s, at least one");
  return cron_expression::parse(expression_of(*every));
}

}  // namespace streamspace
