#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/plugins/builtin/webhook/retry_policy.hpp>

namespace streamspace::builtin {

/// HTTP POSTs side by side on the calling thread. http and https only, certificates are checked, redirects are not
/// followed, of an answer only the status is used and no more than 64 KiB is read. For one thread, but for wake().
class http_transfers {
 public:
  struct post {
    std::string url;
    std::string body;
    name_values headers;
    std::chrono::milliseconds timeout{};
  };
  struct ended {
    std::size_t key = 0;
    attempt_result result;
  };

  /// An empty proxy means none. Errors: internal when libcurl cannot be set up.
  http_transfers(std::string user_agent, std::string proxy);
  ~http_transfers();

  /// Begins a POST; wait() reports its end under this key. Errors: internal.
  void start(std::size_t key, post what);
  /// Moves all on until one has ended, wake() is called or the time is up. Those that have ended, in no order.
  std::vector<ended> wait(std::chrono::milliseconds at_most);
  /// Breaks all off; they are not reported.
  void cancel_all() noexcept;
  /// Ends a wait() that runs, else the next one. Any thread.
  void wake() noexcept;

 private:
  class transfer;
  class multi_handle;
  std::string user_agent_;
  std::string proxy_;
  std::unique_ptr<multi_handle> multi_;
  std::vector<std::unique_ptr<transfer>> running_;
};

}  // namespace streamspace::builtin
