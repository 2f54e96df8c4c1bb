#include <algorithm>
#include <utility>

#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/messages/json_nesting.hpp>
#include <streamspace/messages/log_redaction.hpp>

namespace streamspace {

namespace {

constexpr std::string_view mask = "***";

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void collect(const json& secret, std::vector<std::string>& into) {
  if (secret.is_string()) into.push_back(secret.get<std::string>());
  if (secret.is_number()) into.push_back(text_of(secret));
  if (secret.is_structured())
    for (const auto& part : secret) collect(part, into);
}

}  // namespace

std::vector<std::string> secrets_of(const json& config, const json& schema) {
  std::vector<std::string> all;
  changed_secrets(config, schema, [&](const json& secret) {
    collect(secret, all);
    return secret;
  });
  return all;
}

log_redaction::log_redaction(const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.size() < shortest) continue;
    needles_.push_back(secret);
    const auto quoted = text_of(secret);
    needles_.push_back(quoted.substr(1, quoted.size() - 2));
  }
  std::sort(needles_.begin(), needles_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  needles_.erase(std::unique(needles_.begin(), needles_.end()), needles_.end());
}

void log_redaction::apply(log_record& record) const {
  if (empty()) return;
  redact(record.message);
  redact(record.data, 0);
}

void log_redaction::redact(std::string& text) const {
  for (const auto& needle : needles_)
    for (auto at = text.find(needle); at != std::string::npos; at = text.find(needle, at + mask.size()))
      text.replace(at, needle.size(), mask);
}

void log_redaction::redact(json& value, unsigned depth) const {
  if (value.is_string()) return redact(value.get_ref<std::string&>());
  if (value.is_number()) {
    if (std::find(needles_.begin(), needles_.end(), text_of(value)) != needles_.end()) value = mask;
    return;
  }
  if (!value.is_structured()) return;
  if (depth >= deepest_json) {
    value = mask;
    return;
  }
  if (value.is_array()) {
    for (auto& item : value) redact(item, depth + 1);
    return;
  }
  std::vector<std::pair<std::string, std::string>> renamed;
  for (auto& [key, member] : value.items()) {
    redact(member, depth + 1);
    auto shown = key;
    redact(shown);
    if (shown != key) renamed.emplace_back(key, std::move(shown));
  }
  for (auto& [key, shown] : renamed) {
    auto member = std::move(value[key]);
    value.erase(key);
    value[shown] = std::move(member);
  }
}

}  // namespace streamspace
