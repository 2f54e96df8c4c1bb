#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <streamspace/http/limits.hpp>
#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Takes over one request. Called on an I/O thread: must not block. The responder may be used from any thread, now or
/// later; when the handler throws, the client gets a 500 and the responder's answer is dropped.
using http_handler = std::function<void(request, responder)>;

struct http_server_options {
  std::string address = "127.0.0.1";  ///< An IP address or a host name of this machine.
  std::uint16_t port = 0;             ///< 0 takes any free one.
  unsigned io_threads = 2;            ///< At least one.
  http_limits limits;
  /// Told of faults that no client caused (a handler threw, a connection could not be accepted), as a sentence, on an
  /// I/O thread. Must not block. May be empty.
  std::function<void(std::string_view)> on_fault;
};

struct http_server_stats {
  std::size_t connections = 0;   ///< Now.
  std::size_t in_flight = 0;     ///< Requests with the handler now.
  std::size_t bodies_bytes = 0;  ///< Held now in the bodies of requests that are read or answered.
  std::uint64_t requests = 0;    ///< Handed to the handler since the start.
  std::uint64_t refused = 0;     ///< Requests and connections that the server itself turned down.
};

/// An HTTP/1.1 server on sockets: reads requests within limits and deadlines, hands each to the handler, writes the
/// answers in the order of the requests. A connection lives on one I/O thread.
///
/// Every answer carries Date, Content-Length, X-Request-Id (the client's own when it is sane) and
/// X-Content-Type-Options. HEAD gets the headers that GET would. What the server refuses itself (see request_parser and
/// http_limits) is answered with a problem document and the connection closed.
class http_server {
 public:
  http_server(http_server_options options, http_handler handler);
  /// stop() without a drain.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Binds, starts the threads and returns; once. Throws error (io_error) with a sentence when the address cannot be
  /// had, (conflict) when it was started before.
  void start();

  /// The port that is listened on; 0 before start().
  std::uint16_t port() const noexcept;

  /// Stops accepting and closes idle connections at once; lets requests in flight be read, handled and answered (with
  /// `Connection: close`) for `drain`; cuts what is left; joins the threads. Blocks until then. Later calls do nothing.
  /// Answers that handlers give afterwards are dropped harmlessly. Throws error (would_deadlock) when called on an I/O
  /// thread.
  void stop(std::chrono::milliseconds drain);

  http_server_stats stats() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace streamspace
