#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include <streamspace/http/io_types.hpp>
#include <streamspace/http/server_core.hpp>

namespace streamspace {

class http_connection;

/// One I/O thread and the connections that live on it: what they share needs no lock. Internal to this folder.
///
/// Deadlines are swept, not timed one by one: a connection writes down when it expires, and every few milliseconds the
/// worker looks through its connections. Setting a deadline therefore costs a store.
class io_worker : public std::enable_shared_from_this<io_worker> {
 public:
  io_worker(std::shared_ptr<server_core> core, unsigned number);

  void start();
  /// Any thread, once the core is draining. Connections that wait for a request are closed, the others after their
  /// present request.
  void drain();
  /// Any thread. All connections are closed and the thread ends.
  void cut();
  /// Waits for the thread to end; after cut().
  void join();
  /// Any thread.
  bool is_this_thread() const noexcept { return executor_.running_in_this_thread(); }

  io::asio::io_context& context() noexcept { return context_; }

  /// On the worker's thread, as all below.
  void enter(http_connection& connection);
  void leave(http_connection& connection) noexcept;
  /// The Date header's value of now.
  std::string_view date();

 private:
  io::task<void> sweep();
  void run();

  std::shared_ptr<server_core> core_;
  unsigned number_;
  std::vector<http_connection*> connections_;
  bool cut_ = false;
  std::string date_;
  std::int64_t date_second_ = -1;
  // Connections are owned by coroutines in here, and leave() when they go: so it goes before what they leave.
  io::asio::io_context context_{1};
  io::executor executor_{context_.get_executor()};
  io::asio::executor_work_guard<io::executor> guard_{executor_};
  io::steady_timer sweep_timer_{executor_};
  std::thread thread_;
};

}  // namespace streamspace
