#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>

namespace streamspace {

/// Names with values, in the order in which they came. Header names compare without regard to case; others exactly.
using name_values = std::vector<std::pair<std::string, std::string>>;

/// Who makes a request, as the token says.
struct principal {
  std::string subject;                   ///< User id, or the name a token was made for; empty when nobody is signed in.
  std::string role;                      ///< admin, operator, user; empty when nobody is signed in.
  std::vector<std::string> permissions;  ///< What the token grants besides the role.

  bool signed_in() const noexcept { return !subject.empty(); }
  /// Admins hold every permission.
  bool may(std::string_view permission) const noexcept;
};

/// An HTTP request as a handler sees it: parsed, within limits, its permissions checked.
struct request {
  std::string method;   ///< "GET"
  std::string path;     ///< Decoded path without the query: "/api/plugins/greeter/hello/ann"
  name_values params;   ///< What `:name` segments of the route matched, decoded.
  name_values queries;  ///< Decoded query parameters.
  name_values headers;
  std::string body;
  principal caller;
  std::string remote_address;
  std::string id;  ///< The request id that logs and the answer's X-Request-Id carry.

  /// A path parameter; empty when the route has none of that name.
  std::string_view param(std::string_view name) const noexcept;
  /// The first query parameter of that name.
  std::optional<std::string> query(std::string_view name) const;
  /// A header by name, whatever its case; empty when absent.
  std::string_view header(std::string_view name) const noexcept;
  /// The body as JSON. Throws error (invalid_argument, with the place) when it is none, or nests deeper than
  /// deepest_json (json_nesting.hpp).
  streamspace::json json() const;
};

/// What a handler answers.
class response {
 public:
  response() = default;
  explicit response(int status_code) : status{status_code} {}
  /// 200 (or the status given) with a JSON body.
  response(streamspace::json body_value, int status_code = 200);

  /// 200 with text/plain.
  static response text(std::string body, int status_code = 200);
  /// 204.
  static response no_content() { return response{204}; }
  /// An RFC 9457 problem document.
  static response problem(int status_code, std::string_view code, std::string detail);
  /// The problem document for an error; the only place that decides an error's status.
  static response from_error(const error& e);

  response& header(std::string name, std::string value);
  std::string_view header(std::string_view name) const noexcept;
  /// The body as JSON; a discarded value when it is none.
  streamspace::json json() const;

  int status = 200;
  name_values headers;
  std::string body;
};

/// HTTP status of an error code (RFC 9110, section 15).
int http_status_of(ec code) noexcept;

/// The phrase that goes with a status ("Not Found").
std::string_view http_reason_of(int status) noexcept;

/// A move-only promise to answer one request, callable once from any thread. Destroyed unused it answers 503, so no
/// caller waits for a plugin that is gone.
class responder {
 public:
  using sink = std::function<void(response)>;

  responder() = default;
  explicit responder(sink deliver) : deliver_{std::move(deliver)} {}
  responder(responder&& other) noexcept : deliver_{std::exchange(other.deliver_, nullptr)} {}
  responder& operator=(responder&& other) noexcept;
  ~responder();

  void operator()(response answer);
  explicit operator bool() const noexcept { return static_cast<bool>(deliver_); }

 private:
  sink deliver_;
};

}  // namespace streamspace
