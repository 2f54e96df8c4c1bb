#pragma once

#include <string>
#include <vector>

#include <streamspace/plugins/schedule/cron_schedule.hpp>

namespace streamspace::testing {

/// "2026-03-29T01:00:00Z"; throws for another text.
inline timestamp at(const std::string& text) {
  const auto read = parse_rfc3339(text);
  if (!read) throw error{ec::invalid_argument, "'" + text + "' is no instant"};
  return *read;
}

/// Without a fraction where there is none.
inline std::string in_utc(timestamp t) {
  auto text = to_rfc3339(t);
  if (const auto fraction = text.find(".000000"); fraction != std::string::npos) text.erase(fraction, 7);
  return text;
}

inline cron_schedule schedule_of(const std::string& expression, const std::string& zone = "UTC",
                                 dst_rule rule = dst_rule::vixie, cron_syntax syntax = cron_syntax::minutes) {
  return cron_schedule{value_or_raise(cron_expression::parse(expression, syntax)),
                       value_or_raise(time_zone::find(zone)), rule};
}

/// The next `count` instants, or as many as there are.
inline std::vector<std::string> next_of(const cron_schedule& schedule, const std::string& after, std::size_t count) {
  std::vector<std::string> instants;
  for (auto t = schedule.next(at(after)); t && instants.size() < count; t = schedule.next(*t))
    instants.push_back(in_utc(*t));
  return instants;
}

}  // namespace streamspace::testing
