#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <streamspace/messages/http_message.hpp>

namespace streamspace::testing {

struct webhook_reply {
  int status = 200;
  name_values headers = {};
  std::string body = {};
  bool hang = false;  ///< Answer nothing; the connection ends when the sender ends it, or with the receiver.
};

/// An HTTP server on a free port of 127.0.0.1 that keeps what it is sent and answers what the test says. Each
/// connection has a thread of its own.
class webhook_receiver {
 public:
  /// Called for each request with its number, from 0 on.
  using answerer = std::function<webhook_reply(const request&, std::size_t number)>;

  explicit webhook_receiver(answerer answer = [](const request&, std::size_t) { return webhook_reply{}; });
  ~webhook_receiver();
  webhook_receiver(const webhook_receiver&) = delete;
  webhook_receiver& operator=(const webhook_receiver&) = delete;

  std::string url(const std::string& path = "/hook") const;
  std::vector<request> requests() const;
  /// Waits until there were so many requests; false when patience ended first.
  bool wait_for(std::size_t count) const;

 private:
  struct connection {
    int socket = -1;
    std::thread thread;
  };

  void accept_all();
  void serve(int socket);

  answerer answer_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<request> requests_;
  std::list<connection> connections_;
  bool closing_ = false;
  std::thread accepting_;
};

/// A URL on which nobody listens.
std::string refusing_url();

}  // namespace streamspace::testing
