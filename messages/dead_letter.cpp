#include <array>

#include <streamspace/messages/dead_letter.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, dead_letter_causes> cause_names{
    "inbox_full", "not_enabled", "ended", "poison", "quarantined", "handler_deadline", "failed"};
static_assert(static_cast<std::size_t>(dead_letter_cause::failed) + 1 == dead_letter_causes);

}  // namespace

std::string_view to_string(dead_letter_cause cause) noexcept {
  return cause_names[static_cast<std::size_t>(cause)];
}

std::optional<dead_letter_cause> parse_dead_letter_cause(std::string_view text) noexcept {
  for (std::size_t i = 0; i < cause_names.size(); ++i)
    if (cause_names[i] == text) return static_cast<dead_letter_cause>(i);
  return std::nullopt;
}

std::string dead_letter_cause_names() {
  std::string names;
  for (std::size_t i = 0; i < cause_names.size(); ++i) {
    if (i > 0) names += i + 1 < cause_names.size() ? ", " : " or ";
    names += cause_names[i];
  }
  return names;
}

void to_json(json& out, const dead_letter& letter) {
  out = json{{"id", letter.id},
             {"at", to_rfc3339(letter.at)},
             {"plugin", letter.plugin},
             {"subscription", letter.subscription},
             {"cause", to_string(letter.cause)},
             {"detail", letter.detail},
             {"attempts", letter.attempts},
             {"event", letter.what->envelope()}};
}

bool admits(const dead_letter_filter& filter, const dead_letter& letter) noexcept {
  return (filter.plugin.empty() || letter.plugin == filter.plugin) &&
         (!filter.cause || letter.cause == *filter.cause) &&
         (filter.type.empty() || letter.what->type() == filter.type) &&
         (filter.before == 0 || letter.id < filter.before) && letter.id > filter.after;
}

void to_json(json& out, const redrive_report& report) {
  json refused = json::array();
  for (const auto& [reason, count] : report.refused) refused.push_back({{"reason", reason}, {"count", count}});
  out = json{{"redriven", report.redriven}, {"left", report.left}, {"refused", std::move(refused)}};
}

}  // namespace streamspace
