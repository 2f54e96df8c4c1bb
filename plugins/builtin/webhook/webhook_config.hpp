#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/plugins/builtin/webhook/retry_policy.hpp>
#include <streamspace/plugins/sdk/plugin_config.hpp>

namespace streamspace::builtin {

/// One receiver. The URL, the secret and the headers' values may hold secrets: they are never shown nor logged; `name`
/// and `key` are what the outside sees.
struct webhook_endpoint {
  std::string name;  ///< As configured, else the URL's scheme, host and port.
  std::string key;   ///< The URL's hash: it finds the endpoint again after a restart.
  std::string url;
  std::vector<std::string> events;  ///< Patterns of the types that are sent.
  std::string secret;               ///< Empty: deliveries are not signed.
  name_values headers;
  std::chrono::milliseconds timeout{5'000};  ///< Of one attempt, from the connecting to the last byte of the answer.
  retry_policy retry;

  bool wants(std::string_view event_type) const noexcept;
};

struct webhook_config {
  std::vector<webhook_endpoint> endpoints;
  double rate_per_second = 100;      ///< To each endpoint.
  std::size_t queue_limit = 10'000;  ///< Deliveries that wait for one endpoint.
  int retention_days = 30;           ///< Of finished deliveries; 0 keeps them for ever.
  std::string proxy;                 ///< Empty: none, whatever the environment says.
};

/// Errors: invalid_argument with the place ("endpoints/0/url") and what may stand there, but never what does.
webhook_config read_webhook_config(const plugin_config& config);

/// The headers of one attempt to deliver this body at this instant, the endpoint's own among them.
name_values delivery_headers(const webhook_endpoint& to, std::string_view event_id, std::string_view event_type,
                             std::string_view body, std::chrono::seconds since_1970);

}  // namespace streamspace::builtin
