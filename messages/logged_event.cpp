#include <charconv>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

std::string to_string(const log_position& position) {
  return std::to_string(position.transaction) + "-" + std::to_string(position.number);
}

std::optional<log_position> parse_log_position(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto read = [](std::string_view digits, std::uint64_t& into) {
    const auto* const end = digits.data() + digits.size();
    const auto [stopped, fault] = std::from_chars(digits.data(), end, into);
    return fault == std::errc{} && stopped == end && (digits.size() == 1 || digits.front() != '0');
  };
  log_position position;
  if (!read(text.substr(0, dash), position.transaction) || !read(text.substr(dash + 1), position.number))
    return std::nullopt;
  return position;
}

void to_json(json& out, const logged_event& e) {
  out = {{"position", to_string(e.at)},
         {"number", e.at.number},
         {"logged", to_rfc3339(e.logged)},
         {"event", e.what->envelope()}};
}

void demand_valid(const event_log_filter& filter) {
  if (!filter.pattern.empty() && !is_event_pattern(filter.pattern))
    throw error{ec::invalid_argument,
                "'" + filter.pattern.substr(0, 80) + "' is no event type and no pattern of event types"};
  if (filter.limit < 1 || filter.limit > event_log_filter::longest)
    throw error{ec::invalid_argument, "limit must be 1 to " + std::to_string(event_log_filter::longest) + ", not " +
                                          std::to_string(filter.limit)};
}

void to_json(json& out, const durable_subscription& s) {
  out = {{"plugin", s.plugin},          {"name", s.name},
         {"pattern", s.pattern},        {"settled", to_string(s.settled)},
         {"toRetry", s.to_retry},       {"holder", s.holder.empty() ? json(nullptr) : json(s.holder)},
         {"since", to_rfc3339(s.since)}};
}

}  // namespace streamspace
