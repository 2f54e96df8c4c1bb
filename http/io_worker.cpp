#include <algorithm>
#include <ctime>
#include <pthread.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <streamspace/http/http_connection.hpp>
#include <streamspace/http/io_worker.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;

/// How often deadlines are looked at: an eighth of the shortest, so that none is overrun by much.
milliseconds sweep_interval(const http_limits& limits) {
  const auto shortest = std::min({limits.header_deadline, limits.body_deadline, limits.idle_deadline,
                                  limits.answer_deadline, limits.write_deadline, limits.linger_deadline});
  return std::clamp(shortest / 8, milliseconds{5}, milliseconds{100});
}

}  // namespace

io_worker::io_worker(std::shared_ptr<server_core> core, unsigned number) : core_{std::move(core)}, number_{number} {}

void io_worker::start() {
  io::asio::co_spawn(executor_, sweep(), io::asio::detached);
  thread_ = std::thread{[this] { run(); }};
}

void io_worker::drain() {
  io::asio::post(executor_, [this] {
    for (auto* connection : connections_) connection->drain();
  });
}

void io_worker::cut() {
  io::asio::post(executor_, [this] {
    cut_ = true;
    for (auto* connection : connections_) connection->cut();
    sweep_timer_.cancel();
    guard_.reset();
  });
}

void io_worker::join() {
  if (thread_.joinable()) thread_.join();
}

void io_worker::enter(http_connection& connection) {
  connection.place = connections_.size();
  connections_.push_back(&connection);
  if (core_->draining) connection.cut();
}

void io_worker::leave(http_connection& connection) noexcept {
  if (connection.place == http_connection::nowhere) return;
  connections_.back()->place = connection.place;
  connections_[connection.place] = connections_.back();
  connections_.pop_back();
}

std::string_view io_worker::date() {
  if (const auto second = static_cast<std::int64_t>(std::time(nullptr)); second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

io::task<void> io_worker::sweep() {
  const auto interval = sweep_interval(core_->options.limits);
  while (!cut_) {
    sweep_timer_.expires_after(interval);
    co_await sweep_timer_.async_wait(io::no_throw);
    const auto now = http_connection::clock::now();
    for (auto* connection : connections_) connection->expire_if_due(now);
  }
}

void io_worker::run() {
  pthread_setname_np(pthread_self(), ("http-" + std::to_string(number_)).c_str());
  for (;;) {
    try {
      context_.run();
      return;
    } catch (...) {
      core_->fault("an I/O thread went on after an exception: " + describe_current_exception().what);
    }
  }
}

}  // namespace streamspace
