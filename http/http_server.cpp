#include <atomic>
#include <future>
#include <optional>
#include <system_error>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <streamspace/http/http_connection.hpp>
#include <streamspace/http/http_server.hpp>
#include <streamspace/http/io_worker.hpp>

namespace streamspace {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// What a connection over the limit is told. It has no request yet, so there is no id to name.
constexpr std::string_view full_house =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";

/// How long accepting rests after a failure: such are shortages (of descriptors, of memory) that an instant retry only
/// makes worse.
constexpr std::chrono::milliseconds accept_rest{50};

[[noreturn]] void refuse_to_listen(const http_server_options& options, const boost::system::error_code& cause) {
  const auto where = "port " + std::to_string(options.port) + " on " + options.address;
  if (cause == asio::error::address_in_use)
    throw error{ec::io_error, where + " is in use by another program; choose another with --port"};
  if (cause == asio::error::access_denied)
    throw error{ec::io_error, where + " is only for root; choose one above 1023 with --port"};
  if (cause.value() == EADDRNOTAVAIL)
    throw error{ec::io_error, "this machine has no address " + options.address + "; choose another with --address"};
  throw error{ec::io_error, where + " cannot be listened on: " + cause.message()};
}

tcp::endpoint resolve(const http_server_options& options, asio::io_context& context) {
  boost::system::error_code cause;
  const auto literal = asio::ip::make_address(options.address, cause);
  if (!cause) return {literal, options.port};
  const auto found = tcp::resolver{context}.resolve(options.address, "", tcp::resolver::passive, cause);
  if (cause || found.empty())
    throw error{ec::io_error, "'" + options.address + "' is neither an IP address nor a host name of this machine"};
  return {found.begin()->endpoint().address(), options.port};
}

}  // namespace

struct http_server::state {
  state(http_server_options options, http_handler handler)
      : core{std::make_shared<server_core>(std::move(options), std::move(handler))} {
    const auto threads = std::max(1U, core->options.io_threads);
    for (unsigned i = 0; i < threads; ++i) workers.push_back(std::make_shared<io_worker>(core, i));
  }

  void listen();
  void start_workers();
  void close_acceptor();
  io::task<void> accept_connections();
  void welcome(io::tcp_socket socket, io_worker& worker);

  std::shared_ptr<server_core> core;
  std::vector<std::shared_ptr<io_worker>> workers;
  std::optional<io::tcp_acceptor> acceptor;
  std::atomic<std::uint16_t> port{0};
  std::mutex mutex;  ///< One start or stop at a time.
  bool started = false;
  bool stopped = false;
};

void http_server::state::listen() {
  const auto& options = core->options;
  auto& context = workers.front()->context();
  const auto endpoint = resolve(options, context);
  acceptor.emplace(context);
  boost::system::error_code cause;
  acceptor->open(endpoint.protocol(), cause);
  if (!cause) acceptor->set_option(tcp::acceptor::reuse_address{true}, cause);
  if (!cause) acceptor->bind(endpoint, cause);
  if (!cause) acceptor->listen(asio::socket_base::max_listen_connections, cause);
  if (cause) refuse_to_listen(options, cause);
  port = acceptor->local_endpoint().port();
}

void http_server::state::start_workers() {
  asio::co_spawn(workers.front()->context(), accept_connections(), asio::detached);
  try {
    for (const auto& worker : workers) worker->start();
  } catch (const std::system_error& e) {
    acceptor->close();
    for (const auto& worker : workers) worker->cut();
    for (const auto& worker : workers) worker->join();
    stopped = true;
    throw error{ec::unavailable, std::string{"no thread could be started to serve HTTP: "} + e.what()};
  }
}

void http_server::state::close_acceptor() {
  std::promise<void> closed;
  asio::post(workers.front()->context(), [&] {
    boost::system::error_code ignored;
    acceptor->close(ignored);
    closed.set_value();
  });
  closed.get_future().wait();
}

io::task<void> http_server::state::accept_connections() {
  io::steady_timer rest{workers.front()->context().get_executor()};
  for (std::size_t next = 0; acceptor->is_open(); next = (next + 1) % workers.size()) {
    auto [failure, socket] = co_await acceptor->async_accept(workers[next]->context(), io::no_throw);
    if (!acceptor->is_open()) co_return;
    if (!failure) {
      welcome(std::move(socket), *workers[next]);
    } else if (failure != asio::error::connection_aborted) {
      core->fault("a connection could not be accepted: " + failure.message());
      rest.expires_after(accept_rest);
      co_await rest.async_wait(io::no_throw);
    }
  }
}

/// Must not throw: the accepting goes on.
void http_server::state::welcome(io::tcp_socket socket, io_worker& worker) {
  boost::system::error_code cause;
  if (core->connections >= core->options.limits.connections) {
    core->refused.fetch_add(1, std::memory_order_relaxed);
    socket.non_blocking(true, cause);
    socket.write_some(asio::buffer(full_house), cause);
    return;
  }
  socket.set_option(tcp::no_delay{true}, cause);
  const auto peer = socket.remote_endpoint(cause);
  if (cause) return;  // Gone again already.
  try {
    auto connection = std::make_shared<http_connection>(core, worker, std::move(socket), peer.address().to_string());
    asio::co_spawn(worker.context(), http_connection::run(std::move(connection)), asio::detached);
  } catch (const std::exception& e) {
    core->fault(std::string{"a connection could not be served: "} + e.what());
  }
}

http_server::http_server(http_server_options options, http_handler handler)
    : state_{std::make_unique<state>(std::move(options), std::move(handler))} {}

http_server::~http_server() {
  stop(std::chrono::milliseconds::zero());
}

void http_server::start() {
  std::lock_guard lock{state_->mutex};
  if (state_->started) throw error{ec::conflict, "this HTTP server was started before; make another"};
  state_->listen();
  state_->started = true;
  state_->start_workers();
}

std::uint16_t http_server::port() const noexcept {
  return state_->port;
}

void http_server::stop(std::chrono::milliseconds drain) {
  for (const auto& worker : state_->workers)
    if (worker->is_this_thread())
      throw error{ec::would_deadlock, "the HTTP server cannot be stopped by one of its own I/O threads"};
  std::lock_guard lock{state_->mutex};
  if (!state_->started || state_->stopped) return;
  state_->stopped = true;
  const auto deadline = std::chrono::steady_clock::now() + drain;
  state_->core->draining = true;
  state_->close_acceptor();
  if (drain > std::chrono::milliseconds::zero()) {
    for (const auto& worker : state_->workers) worker->drain();
    state_->core->wait_until_gone(deadline);
  }
  for (const auto& worker : state_->workers) worker->cut();
  for (const auto& worker : state_->workers) worker->join();
}

http_server_stats http_server::stats() const noexcept {
  const auto& core = *state_->core;
  return {core.connections, core.in_flight, core.bodies_bytes, core.requests, core.refused};
}

}  // namespace streamspace
