#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "serve_options.hpp"
#include <streamspace/actors/runtime.hpp>

namespace streamspace {

/// The whole platform server in one object: data folder, PostgreSQL, runtime, host platform, HTTP. For one thread.
class platform_server {
 public:
  /// `log` may be empty: then options.log_format decides. Errors: invalid_argument for options that cannot be.
  explicit platform_server(serve_options options, log_sink log = {});
  /// stop().
  ~platform_server();
  platform_server(const platform_server&) = delete;
  platform_server& operator=(const platform_server&) = delete;

  /// Plugin classes of the program besides the built-in ones may be registered here before start().
  runtime& plugins() noexcept;

  /// Brings everything up, in order; when a part fails, what was started before is stopped and the error thrown
  /// (data_folder_in_use, io_error, database_unreachable, ...).
  void start();
  /// Ends everything in the reverse order; what it cannot finish in time it gives up. Does nothing when not started.
  void stop();

  std::uint16_t port() const noexcept;
  std::string url() const;           ///< "http://127.0.0.1:8080"
  std::string database_url() const;  ///< Of the private server, or the one given.
  /// A token with the role admin. The server must be started.
  std::string admin_token(const std::string& subject = "admin") const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace streamspace
