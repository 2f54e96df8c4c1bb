#include <algorithm>
#include <cmath>
#include <cstdio>

#include <cli/demo_report.hpp>

namespace streamspace {

namespace {

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}
double milliseconds(duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string readable(demo_step step) {
  std::string text{to_string(step)};
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

constexpr std::size_t name_width = 18;
constexpr std::size_t number_width = 11;

std::string row(const std::string& name, const std::vector<std::string>& cells) {
  auto line = "  " + left(name, name_width);
  for (const auto& cell : cells) line += right(cell, number_width);
  return line + '\n';
}

std::string requests_section(const demo_outcome& outcome) {
  const auto& record = outcome.record;
  auto text = "\nRequests, by " + std::to_string(outcome.clients) + " clients\n" +
              row("", {"answered", "failed", "p50 ms", "p99 ms", "max ms"});
  for (const auto step : all_demo_steps) {
    const auto l = latency_of(record, step);
    text += row(readable(step), {std::to_string(l.count - l.failed), std::to_string(l.failed), fixed(l.p50_ms, 1),
                                 fixed(l.p99_ms, 1), fixed(l.max_ms, 1)});
  }
  text += "  " + std::to_string(record.calls.size()) + " in " + fixed(seconds(record.took), 1) +
          " s: " + fixed(requests_per_second(record), 0) + " requests/s\n";
  for (const auto& complaint : record.complaints) text += "  failed: " + complaint + '\n';
  return text;
}

std::string plugins_section(const demo_outcome& outcome) {
  auto text = "\nEvents\n" + row("", {"handled", "failed", "dropped", "waiting"});
  for (const auto& p : outcome.found.plugins)
    text += row(p.name, {std::to_string(p.delivered), std::to_string(p.failed), std::to_string(p.dropped),
                         std::to_string(p.queued)});
  return text + "  " + std::to_string(outcome.record.succeeded()) + " emitted, all handled " +
         fixed(seconds(outcome.found.catch_up), 1) +
         " s after the last request: " + fixed(events_per_second(outcome), 0) +
         " events/s, each stored before it counts\n";
}

std::string checks_section(const demo_outcome& outcome) {
  std::size_t width = 0;
  for (const auto& c : outcome.checks) width = std::max(width, c.name.size());
  std::string text = "\nChecks\n";
  for (const auto& c : outcome.checks)
    text += std::string{c.ok ? "  ok      " : "  FAILED  "} + left(c.name, width) + "  " + c.detail + '\n';
  return text;
}

std::string conclusion(const demo_outcome& outcome) {
  const auto failed = std::count_if(outcome.checks.begin(), outcome.checks.end(), [](auto& c) { return !c.ok; });
  if (failed == 0) return "\nAll " + std::to_string(outcome.checks.size()) + " checks hold.\n";
  return "\n" + std::to_string(failed) + " of " + std::to_string(outcome.checks.size()) + " checks FAILED.\n";
}

json figures_of(const demo_outcome& outcome) {
  const auto& record = outcome.record;
  json latency = json::object();
  for (const auto step : all_demo_steps) {
    const auto l = latency_of(record, step);
    latency[std::string{to_string(step)}] = {
        {"count", l.count}, {"failed", l.failed}, {"p50", l.p50_ms}, {"p99", l.p99_ms}, {"max", l.max_ms}};
  }
  json plugins = json::object();
  for (const auto& p : outcome.found.plugins)
    plugins[p.name] = {{"state", p.state}, {"delivered", p.delivered}, {"failed", p.failed}, {"dropped", p.dropped}};
  return {{"users", outcome.size.users},
          {"sessions", outcome.size.sessions},
          {"clients", outcome.clients},
          {"start_seconds", seconds(outcome.start_up)},
          {"drive_seconds", seconds(record.took)},
          {"catch_up_seconds", seconds(outcome.found.catch_up)},
          {"requests", record.calls.size()},
          {"requests_per_second", requests_per_second(record)},
          {"events", record.succeeded()},
          {"events_per_second", events_per_second(outcome)},
          {"latency_ms", std::move(latency)},
          {"plugins", std::move(plugins)}};
}

}  // namespace

duration percentile(std::vector<duration> values, double share) {
  if (values.empty()) return {};
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + std::clamp<std::ptrdiff_t>(rank - 1, 0, std::ssize(values) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

demo_latency latency_of(const demo_record& record, demo_step step) {
  std::vector<duration> took;
  for (const auto& call : record.calls)
    if (call.step == step) took.push_back(call.took);
  if (took.empty()) return {};
  const auto count = took.size();
  return {count, count - record.succeeded(step), milliseconds(percentile(took, 0.5)),
          milliseconds(percentile(took, 0.99)), milliseconds(percentile(took, 1))};
}

double requests_per_second(const demo_record& record) {
  return record.took.count() > 0 ? static_cast<double>(record.calls.size()) / seconds(record.took) : 0;
}

double events_per_second(const demo_outcome& outcome) {
  const auto took = outcome.record.took + outcome.found.catch_up;
  return took.count() > 0 ? static_cast<double>(outcome.record.succeeded()) / seconds(took) : 0;
}

std::string to_text(const demo_outcome& outcome) {
  return "StreamSpace demo: " + std::to_string(outcome.size.users) + " users, " +
         std::to_string(outcome.size.sessions) + " sessions\n  " + outcome.url + ", data in " + outcome.data_folder +
         ", up in " + fixed(seconds(outcome.start_up), 1) + " s\n" + requests_section(outcome) +
         plugins_section(outcome) + checks_section(outcome) + conclusion(outcome);
}

json to_document(const demo_outcome& outcome) {
  json checks = json::array();
  for (const auto& c : outcome.checks) checks.push_back({{"name", c.name}, {"ok", c.ok}, {"detail", c.detail}});
  return {{"ok", all_hold(outcome.checks)}, {"checks", std::move(checks)}, {"figures", figures_of(outcome)}};
}

json to_document_of_failure(const std::string& why) {
  return {{"ok", false},
          {"checks", json::array({{{"name", "the demo could be run"}, {"ok", false}, {"detail", why}}})},
          {"figures", json::object()}};
}

}  // namespace streamspace
