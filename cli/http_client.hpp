#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

struct http_answer {
  int status = 0;
  std::string body;

  /// The body as JSON; a discarded value when it is none.
  streamspace::json json() const;
};

/// A client of one HTTP server over one connection that is kept. For one thread at a time.
class http_client {
 public:
  /// `base_url` is put before every path: "http://127.0.0.1:8080". When `stop` is requested, a request that runs is
  /// given up within a second.
  explicit http_client(std::string base_url, std::stop_token stop = {});
  ~http_client();
  http_client(http_client&&) noexcept;
  http_client(const http_client&) = delete;

  /// Sends it as "Authorization: Bearer" from now on; empty ends that.
  void set_token(std::string token) { token_ = std::move(token); }

  /// Blocks until the whole answer is here, whatever its status. Errors: timeout; unavailable when there is no answer,
  /// or `stop` was requested.
  http_answer get(const std::string& path);
  http_answer send(const char* method, const std::string& path);
  http_answer send(const char* method, const std::string& path, const json& body);

 private:
  http_answer perform(const char* method, const std::string& path, const std::string* body);

  class connection;
  std::string base_url_;
  std::stop_token stop_;
  std::string token_;
  std::unique_ptr<connection> connection_;
};

}  // namespace streamspace
