#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include <curl/curl.h>

#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/builtin/shared/config_values.hpp>
#include <streamspace/plugins/builtin/webhook/signature.hpp>
#include <streamspace/plugins/builtin/webhook/webhook_config.hpp>

namespace streamspace::builtin {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_endpoints = 50;
constexpr std::size_t max_entries = 50;
constexpr std::size_t max_text = 2'000;
constexpr std::array<std::string_view, 7> endpoint_members{"name",    "url",       "events",     "secret",
                                                           "headers", "timeoutMs", "maxAttempts"};
constexpr std::array<std::string_view, 6> own_headers{"host",       "content-length",    "content-type",
                                                      "connection", "transfer-encoding", "expect"};

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw error{ec::invalid_argument, "the configuration at /" + place + " " + why};
}

std::string lower_case(std::string_view text) {
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return low;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

/// Checks the URL and gives back what of it may be shown.
std::string origin_of(const std::string& place, const std::string& url) {
  if (url.size() > max_text) refuse(place, "is longer than 2000 bytes");
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed{curl_url(), curl_url_cleanup};
  if (has_control_characters(url) || !parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    refuse(place, "is not a URL like https://example.com/hook");
  const auto part = [&](CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, flags) != CURLUE_OK || !text) return std::string{};
    const std::unique_ptr<char, void (*)(void*)> held{text, curl_free};
    return std::string{text};
  };
  const auto scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") refuse(place, "must begin with https:// or http://");
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty())
    refuse(place, "must not have a user or a password in it; use an Authorization header");
  if (!part(CURLUPART_FRAGMENT).empty()) refuse(place, "must not have a fragment ('#')");
  return scheme + "://" + part(CURLUPART_HOST) + ":" + part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

/// A member as the type of `value`, with the place in what is said when it is none.
template <class T>
void read_at(const json& in, const std::string& place, const char* name, T& value) {
  try {
    json_members::read(in, name, value);
  } catch (const error& e) {
    refuse(place, "is not right: " + e.message());
  }
}

int read_integer(const json& in, const std::string& place, const char* name, int fallback, int least, int most) {
  int value = fallback;
  read_at(in, place, name, value);
  if (value < least || value > most)
    refuse(place + "/" + name, "is " + std::to_string(value) + "; it must be from " + std::to_string(least) + " to " +
                                   std::to_string(most));
  return value;
}

std::vector<std::string> read_patterns(const json& in, const std::string& place) {
  std::vector<std::string> patterns;
  read_at(in, place, "events", patterns);
  if (patterns.empty() || patterns.size() > max_entries)
    refuse(place + "/events", "must be a list of 1 to 50 event patterns like session.* or user.created");
  for (const auto& pattern : patterns)
    if (!is_event_pattern(pattern))
      refuse(place + "/events", "has '" + pattern.substr(0, 80) + "', which is no event pattern like session.*");
  return patterns;
}

name_values read_headers(const json& in, const std::string& place) {
  json given = json::object();
  read_at(in, place, "headers", given);
  if (!given.is_object() || given.size() > max_entries) refuse(place, "must be an object of at most 50 headers");
  name_values headers;
  for (const auto& [name, value] : given.items()) {
    const auto low = lower_case(name);
    if (!is_token(name)) refuse(place, "has a name that is no header's name");
    if (low.starts_with("x-streamspace-") ||
        std::find(own_headers.begin(), own_headers.end(), low) != own_headers.end())
      refuse(place, "must not set " + name + "; deliveries set it themselves");
    if (!value.is_string() || has_control_characters(value.get_ref<const std::string&>()) ||
        value.get_ref<const std::string&>().size() > max_text)
      refuse(place + "/" + name, "must be text of one line");
    headers.emplace_back(name, value.get<std::string>());
  }
  return headers;
}

webhook_endpoint read_endpoint(const json& in, const std::string& place, const retry_policy& retry) {
  if (!in.is_object()) refuse(place, "must be an object with url and events");
  for (const auto& [name, value] : in.items())
    if (std::find(endpoint_members.begin(), endpoint_members.end(), name) == endpoint_members.end())
      refuse(place, "has an unknown member '" + name.substr(0, 80) + "'");
  webhook_endpoint endpoint;
  read_at(in, place, "url", endpoint.url);
  const auto origin = origin_of(place + "/url", endpoint.url);
  endpoint.name = origin;
  read_at(in, place, "name", endpoint.name);
  if (endpoint.name.empty() || endpoint.name.size() > 100 || has_control_characters(endpoint.name))
    refuse(place + "/name", "must be one line of 1 to 100 bytes");
  endpoint.key = sha256_of(endpoint.url);
  endpoint.events = read_patterns(in, place);
  read_at(in, place, "secret", endpoint.secret);
  if (endpoint.secret.size() > max_text) refuse(place + "/secret", "is longer than 2000 bytes");
  endpoint.headers = read_headers(in, place + "/headers");
  endpoint.timeout = milliseconds{read_integer(in, place, "timeoutMs", 5'000, 10, 120'000)};
  endpoint.retry = retry;
  endpoint.retry.max_attempts = read_integer(in, place, "maxAttempts", 5, 1, 100);
  return endpoint;
}

}  // namespace

bool webhook_endpoint::wants(std::string_view event_type) const noexcept {
  return std::any_of(events.begin(), events.end(), [&](const auto& pattern) { return matches(pattern, event_type); });
}

webhook_config read_webhook_config(const plugin_config& config) {
  webhook_config read;
  read.rate_per_second = read_bounded<double>(config, "/ratePerSecond", read.rate_per_second, 0.01, 100'000);
  read.queue_limit = read_bounded<std::size_t>(config, "/queueLimit", read.queue_limit, 1, 1'000'000);
  read.retention_days = read_retention_days(config, read.retention_days);
  read.proxy = config.get<std::string>("/proxy", "");
  if (!read.proxy.empty()) origin_of("proxy", read.proxy);

  retry_policy retry;
  retry.first_pause = milliseconds{read_bounded<int>(config, "/firstPauseMs", 1'000, 1, 3'600'000)};
  retry.longest_pause = milliseconds{read_bounded<int>(config, "/longestPauseMs", 60'000, 1, 3'600'000)};
  if (retry.first_pause > retry.longest_pause) refuse("firstPauseMs", "must not be more than longestPauseMs");

  const auto endpoints = config.get<json>("/endpoints", json::array());
  if (!endpoints.is_array() || endpoints.size() > max_endpoints)
    refuse("endpoints", "must be a list of at most 50 endpoints");
  std::set<std::string> urls;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto place = "endpoints/" + std::to_string(i);
    read.endpoints.push_back(read_endpoint(endpoints[i], place, retry));
    if (!urls.insert(read.endpoints.back().url).second)
      refuse(place + "/url", "stands there twice; list all patterns of a receiver in one endpoint");
  }
  return read;
}

name_values delivery_headers(const webhook_endpoint& to, std::string_view event_id, std::string_view event_type,
                             std::string_view body, std::chrono::seconds since_1970) {
  const auto timestamp = std::to_string(since_1970.count());
  name_values headers{{"Content-Type", "application/json"},
                      {"X-StreamSpace-Event", std::string{event_type}},
                      {"X-StreamSpace-Delivery", std::string{event_id}},
                      {"X-StreamSpace-Timestamp", timestamp}};
  if (!to.secret.empty()) headers.emplace_back("X-StreamSpace-Signature", signature_of(to.secret, timestamp, body));
  headers.insert(headers.end(), to.headers.begin(), to.headers.end());
  return headers;
}

}  // namespace streamspace::builtin
