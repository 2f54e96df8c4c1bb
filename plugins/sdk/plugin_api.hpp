#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/plugins/sdk/registrations.hpp>

namespace streamspace {

class plugin_context;

/// Answers later, or at once: from any thread, once. A responder that is given up answers 503.
using deferred_handler = std::function<void(const request&, responder)>;

/// Says more about a route that was just registered. Use it in the same expression; it refers to the plugin's
/// registrations.
class route_ref {
 public:
  explicit route_ref(plugin_route& route) noexcept : route_{route} {}
  route_ref(const route_ref&) = delete;
  route_ref& operator=(const route_ref&) = delete;

  /// The caller must hold it, or be an admin; may be called several times, then all are demanded. Enforced before the
  /// handler is called.
  route_ref& permission(std::string name);
  /// For people and for the generated API description.
  route_ref& describe(std::string text);
  /// Adds a wrapper around the handler; the first added is the outermost.
  route_ref& use(middleware wrapper);

 private:
  plugin_route& route_;
};

/// All of a route at once (the seed's EndpointOptions).
struct endpoint_options {
  std::string method;
  std::string path;
  route_handler handler;
  std::vector<middleware> chain = {};
  std::vector<std::string> permissions = {};
  std::string description = {};
};

/// A plugin's HTTP routes, served under /api/plugins/{name}. A path has `:name` segments for parameters and may end in
/// `*rest`. Handlers run in the plugin's turn. What a handler throws becomes a problem document: 400 for
/// invalid_argument and so on (http_message.hpp), 500 for anything that is not a streamspace::error. Routes are in
/// force when the hook that registers them returns. In turn only. Errors: invalid_argument, already_exists,
/// not_in_turn.
class plugin_api {
 public:
  explicit plugin_api(plugin_context& owner) noexcept : owner_{owner} {}

  route_ref get(std::string path, route_handler handler) { return add("GET", std::move(path), std::move(handler)); }
  route_ref post(std::string path, route_handler handler) { return add("POST", std::move(path), std::move(handler)); }
  route_ref put(std::string path, route_handler handler) { return add("PUT", std::move(path), std::move(handler)); }
  route_ref patch(std::string path, route_handler handler) { return add("PATCH", std::move(path), std::move(handler)); }
  route_ref del(std::string path, route_handler handler) { return add("DELETE", std::move(path), std::move(handler)); }

  /// For handlers that answer later. What wraps them (use) sees an empty 202, and what it makes of that is not sent.
  route_ref get(std::string path, deferred_handler handler) { return add("GET", std::move(path), std::move(handler)); }
  route_ref post(std::string path, deferred_handler handler) {
    return add("POST", std::move(path), std::move(handler));
  }
  route_ref put(std::string path, deferred_handler handler) { return add("PUT", std::move(path), std::move(handler)); }
  route_ref patch(std::string path, deferred_handler handler) {
    return add("PATCH", std::move(path), std::move(handler));
  }
  route_ref del(std::string path, deferred_handler handler) {
    return add("DELETE", std::move(path), std::move(handler));
  }

  void register_endpoint(endpoint_options options);
  /// Whether there was such a route.
  bool unregister(std::string_view method, std::string_view path);

 private:
  route_ref add(std::string method, std::string path, route_handler handler);
  route_ref add(std::string method, std::string path, deferred_handler handler);

  plugin_context& owner_;
};

}  // namespace streamspace
