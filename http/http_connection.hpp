#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include <streamspace/http/io_types.hpp>
#include <streamspace/http/request_parser.hpp>
#include <streamspace/http/response_writer.hpp>
#include <streamspace/http/server_core.hpp>

namespace streamspace {

class io_worker;

/// One client's connection: reads a request, has it answered, writes the answer, in that order, so that pipelined
/// requests are answered in order. Internal to this folder. Lives on its worker's thread; only the responders that it
/// makes may be used elsewhere.
class http_connection : public std::enable_shared_from_this<http_connection> {
 public:
  using clock = std::chrono::steady_clock;

  http_connection(std::shared_ptr<server_core> core, io_worker& worker, io::tcp_socket socket,
                  std::string remote_address);
  ~http_connection();

  /// Serves it to its end; spawn this on the worker.
  static io::task<void> run(std::shared_ptr<http_connection> self);

  /// Gives up what the connection is doing when its deadline has passed.
  void expire_if_due(clock::time_point now);
  /// Closes it when it waits for a request.
  void drain();
  /// Closes it.
  void cut();

  /// The handler's answer to the request of that number; dropped when it is not waited for any more.
  void answer(std::uint64_t number, response given);

  static constexpr std::size_t nowhere = SIZE_MAX;
  std::size_t place = nowhere;  ///< In the worker's list; the worker's to set.

 private:
  enum class phase : std::uint8_t { idle, reading, answering, writing, lingering };

  io::task<void> serve();
  io::task<bool> read_request(bool first);
  io::task<bool> send_continue();
  io::task<void> have_answered();
  io::task<bool> write_answer(bool keep);
  io::task<void> linger();

  void enter(phase next, std::chrono::milliseconds limit);
  bool charge_body();
  void release_body() noexcept;
  void refuse_request();
  void call_handler(request rq);
  responder make_responder();

  std::shared_ptr<server_core> core_;
  io_worker& worker_;
  io::tcp_socket socket_;
  io::steady_timer answered_signal_;
  std::string remote_address_;

  phase phase_ = phase::idle;
  clock::time_point deadline_ = clock::time_point::max();
  bool expired_ = false;
  bool cut_ = false;

  std::array<char, 4096> in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  request_parser parser_;
  std::size_t charged_ = 0;  ///< Bytes of this request's body counted in the core.

  std::uint64_t number_ = 0;  ///< Of the request that is waited for.
  std::optional<response> answer_;
  std::string request_id_;
  bool head_only_ = false;
  bool http_1_0_ = false;
  std::string out_;
};

}  // namespace streamspace
