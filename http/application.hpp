#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <streamspace/http/bearer.hpp>
#include <streamspace/messages/endpoint.hpp>

namespace streamspace {

/// One answered request, for the access log and metrics.
struct access_record {
  std::string method;
  std::string path;  ///< Decoded, without the query, "/api/v1" written as "/api".
  int status = 0;
  std::chrono::steady_clock::duration took{};
  std::string caller;  ///< The subject; empty when nobody is signed in.
  std::string remote_address;
  std::string request_id;
};

using access_hook = std::function<void(const access_record&)>;

struct application_options {
  authenticator authenticate;
  /// Told of every answer after it was given, on the thread that gave it. An answer that came after the server's own
  /// 504 is told too, with the status it would have had. Must not block, must not throw. May be empty.
  access_hook answered;
  /// Told of a plugin's route that cannot be served, and why, on the publisher's thread. Must not throw. May be empty.
  std::function<void(const endpoint&, const std::string& why)> route_refused;
};

/// What stands between the sockets and the handlers: finds the route of a request, who makes it and whether they may,
/// then hands it over. The platform's own routes are fixed at construction; plugins' routes follow `live_routes`, from
/// one request to the next, without a lock that is held while they are compiled. Thread-safe.
///
/// Rules:
/// - "/api/v1/..." is answered as "/api/...".
/// - The platform's route wins over a plugin's where both take a path with the same method ("POST
/// /api/plugins/:id/enable"), unless the
///   platform's ends in `*rest`, which takes only what no plugin does. A plugin's route that could therefore never be
///   reached is left out and told to `route_refused`, and so is one that is malformed or taken.
/// - 404 when nothing answers the path, 405 with Allow when something does but not this method; OPTIONS without a route
/// of its own
///   answers 204 with Allow.
/// - A route that is not open: 401 with WWW-Authenticate when the caller is not signed in, 403 naming what is missing.
/// On an open route
///   credentials that do not hold count as none.
class application {
 public:
  /// `plugins` must outlive it. Throws error (already_exists, invalid_argument) when the core routes cannot all be
  /// served.
  application(application_options options, endpoint_list core, live_routes& plugins);
  ~application();
  application(const application&) = delete;
  application& operator=(const application&) = delete;

  /// Answers one request; what http_server calls.
  void operator()(request rq, responder answer) const;

 private:
  struct table;
  struct choice;

  std::shared_ptr<const table> plugin_table() const;
  void follow(std::shared_ptr<const endpoint_list> list);
  choice choose(const request& rq) const;
  result<principal> admit(const endpoint& route, const request& rq) const;
  responder observed(const request& rq, std::chrono::steady_clock::time_point begin, responder answer) const;

  application_options options_;
  std::shared_ptr<const access_hook> answered_;  ///< Shared with answers that outlive the application.
  std::unique_ptr<const table> core_;
  live_routes& live_;
  mutable std::mutex mutex_;  ///< Held for a pointer's copy only.
  std::shared_ptr<const table> plugins_;
};

}  // namespace streamspace
