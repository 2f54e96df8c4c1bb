#include <algorithm>
#include <utility>

#include <streamspace/actors/plugin_logs.hpp>

namespace streamspace {

namespace {

constexpr std::size_t most_earlier_secrets = 256;

/// Empty: about none.
std::string plugin_meant_by(const log_record& line) {
  if (line.plugin != "runtime") return line.plugin;
  if (!line.data.is_object()) return {};
  const auto named = line.data.find("plugin");
  return named != line.data.end() && named->is_string() ? named->get<std::string>() : std::string{};
}

}  // namespace

log_sink plugin_logs::sink_of(const std::string& plugin) {
  return [self = shared_from_this(), plugin](log_record line) { self->pass_on(plugin, std::move(line)); };
}

log_sink plugin_logs::runtime_sink() {
  return [self = shared_from_this()](log_record line) {
    if (line.level < self->least_) return;
    const auto about = plugin_meant_by(line);
    self->pass_on(about, std::move(line));
  };
}

void plugin_logs::pass_on(const std::string& about, log_record line) {
  if (!about.empty()) {
    redact(about, line);
    history_.add(about, line);
  }
  output_(std::move(line));
}

std::shared_ptr<log_threshold> plugin_logs::threshold_of(const std::string& plugin) {
  std::lock_guard lock{mutex_};
  auto& threshold = thresholds_[plugin];
  if (!threshold) threshold = std::make_shared<log_threshold>(least_);
  return threshold;
}

log_level plugin_logs::level_of(const std::string& plugin) const {
  std::lock_guard lock{mutex_};
  const auto found = thresholds_.find(plugin);
  return found == thresholds_.end() ? least_ : found->second->load();
}

void plugin_logs::hide_secrets(const std::string& plugin, const json& config, const json& schema) {
  auto secrets = secrets_of(config, schema);
  if (secrets.empty()) return;
  const auto given = secrets.size();
  std::lock_guard lock{mutex_};
  auto& its = hidden_[plugin];
  for (auto& earlier : its.secrets) {
    if (secrets.size() == given + most_earlier_secrets) break;
    const auto end = secrets.begin() + static_cast<std::ptrdiff_t>(given);
    if (std::find(secrets.begin(), end, earlier) == end) secrets.push_back(std::move(earlier));
  }
  its.redaction = std::make_shared<const log_redaction>(secrets);
  its.secrets = std::move(secrets);
}

void plugin_logs::redact(const std::string& plugin, log_record& line) const {
  std::shared_ptr<const log_redaction> redaction;
  {
    std::lock_guard lock{mutex_};
    if (const auto found = hidden_.find(plugin); found != hidden_.end()) redaction = found->second.redaction;
  }
  if (redaction) redaction->apply(line);
}

}  // namespace streamspace
