#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Whom a route lets in before its permissions are looked at.
enum class access : std::uint8_t {
  open,       ///< Everyone, signed in or not.
  signed_in,  ///< Whoever brings a token that holds.
  admin,      ///< The role admin.
};

/// One route as it is published: whoever serves HTTP checks `who` and `permissions`, then hands the request over.
struct endpoint {
  std::string plugin;  ///< Owner; empty for the platform's own.
  std::string method;  ///< GET, POST, PUT, PATCH, DELETE
  std::string path;    ///< Full path with `:param` and a last `*rest` segment: "/api/plugins/slack/send"
  std::vector<std::string> permissions;  ///< All of them are demanded from the caller.
  access who = access::signed_in;        ///< Declared permissions are demanded whatever stands here.
  std::string description;
  /// Called on the server's I/O thread: must not block, must not throw. It takes over the answering.
  std::function<void(request, responder)> dispatch;
};

using endpoint_list = std::vector<endpoint>;

/// The routes of now. The api registry publishes whole lists; a server follows them without a restart. Thread-safe.
class live_routes {
 public:
  using listener = std::function<void(std::shared_ptr<const endpoint_list>)>;

  std::shared_ptr<const endpoint_list> current() const {
    std::lock_guard lock{mutex_};
    return current_;
  }

  void publish(endpoint_list list) {
    std::lock_guard lock{mutex_};
    current_ = std::make_shared<const endpoint_list>(std::move(list));
    if (listener_) listener_(current_);
  }

  /// Calls `f` now and at every publish, one call at a time, on the publisher's thread. One listener; an empty one ends
  /// it.
  void follow(listener f) {
    std::lock_guard lock{mutex_};
    listener_ = std::move(f);
    if (listener_) listener_(current_);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const endpoint_list> current_ = std::make_shared<const endpoint_list>();
  listener listener_;
};

}  // namespace streamspace
