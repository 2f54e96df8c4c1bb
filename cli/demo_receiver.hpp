#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cli/demo_observation.hpp>

namespace streamspace {

class http_server;

/// A receiver of webhooks as somebody else would write one: an HTTP server on a free port of the loopback that checks
/// each delivery's signature, tells repeated ones by X-StreamSpace-Delivery, and turns the first attempt of the first
/// few down with 500. Thread-safe.
class demo_receiver {
 public:
  demo_receiver(std::string secret, int to_be_refused);
  /// Stops.
  ~demo_receiver();
  demo_receiver(const demo_receiver&) = delete;
  demo_receiver& operator=(const demo_receiver&) = delete;

  /// Error: io_error.
  void start();
  void stop();
  /// "http://127.0.0.1:PORT/hook". After start().
  std::string url() const;

  /// Events accepted so far, repeated ones once.
  std::size_t accepted() const;
  std::vector<seen_delivery> deliveries() const;
  std::size_t wrong_signatures() const;

 private:
  struct desk;
  std::shared_ptr<desk> desk_;
  std::unique_ptr<http_server> server_;
};

/// Whether `signature` is "sha256=" and the HMAC-SHA256 of "{sent_at}.{body}" in lower-case hexadecimal. Compares in
/// constant time.
bool is_webhook_signature(std::string_view signature, std::string_view secret, std::string_view sent_at,
                          std::string_view body);

}  // namespace streamspace
