#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <streamspace/http/http_connection.hpp>
#include <streamspace/http/io_worker.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

response overloaded(std::string sentence) {
  auto answer = response::problem(503, to_string(ec::unavailable), std::move(sentence));
  answer.header("Retry-After", "1");
  return answer;
}

}  // namespace

http_connection::http_connection(std::shared_ptr<server_core> core, io_worker& worker, io::tcp_socket socket,
                                 std::string remote_address)
    : core_{std::move(core)},
      worker_{worker},
      socket_{std::move(socket)},
      answered_signal_{socket_.get_executor(), clock::time_point::max()},
      remote_address_{std::move(remote_address)},
      parser_{core_->options.limits} {
  ++core_->connections;
}

http_connection::~http_connection() {
  release_body();
  worker_.leave(*this);
  core_->connection_gone();
}

io::task<void> http_connection::run(std::shared_ptr<http_connection> self) {
  self->worker_.enter(*self);
  try {
    co_await self->serve();
  } catch (...) {
    self->core_->fault("a connection was given up after an exception: " + describe_current_exception().what);
  }
}

io::task<void> http_connection::serve() {
  for (bool first = true;; first = false) {
    const bool begun = co_await read_request(first);
    if (!begun) co_return;
    bool keep = false;
    if (parser_.refused()) {
      refuse_request();
    } else {
      keep = parser_.keep_alive();
      co_await have_answered();
    }
    release_body();
    keep = keep && !core_->draining;
    const bool written = co_await write_answer(keep);
    if (!written) co_return;
    if (!keep) {
      co_await linger();
      co_return;
    }
    parser_.reset();
  }
}

/// True once there is a request to answer, be it with a refusal; false when the connection is over.
io::task<bool> http_connection::read_request(bool first) {
  const auto& limits = core_->options.limits;
  enter(phase::idle, first ? limits.header_deadline : limits.idle_deadline);
  bool body_begun = false;
  for (;;) {
    if (in_begin_ < in_end_) {
      if (phase_ == phase::idle) {
        phase_ = phase::reading;
        if (!first) enter(phase::reading, limits.header_deadline);
      }
      in_begin_ += parser_.feed({in_.data() + in_begin_, in_end_ - in_begin_});
      if (parser_.refused() || !charge_body() || parser_.complete()) co_return true;
      if (parser_.has_head() && !body_begun) {
        body_begun = true;
        enter(phase::reading, limits.body_deadline);
        if (parser_.expects_continue()) {
          const bool sent = co_await send_continue();
          if (!sent) co_return false;
        }
      }
    }
    if (phase_ == phase::idle && core_->draining) co_return false;
    const auto [failure, count] = co_await socket_.async_read_some(io::asio::buffer(in_), io::no_throw);
    if (expired_ && phase_ == phase::reading) {
      parser_.refuse({408, body_begun ? "the body did not come in time" : "the header did not come in time"});
      co_return true;
    }
    if (expired_ || cut_ || failure) co_return false;
    in_begin_ = 0;
    in_end_ = count;
  }
}

io::task<bool> http_connection::send_continue() {
  const auto [failure, count] = co_await io::asio::async_write(socket_, io::asio::buffer(continue_line), io::no_throw);
  co_return !failure;
}

void http_connection::refuse_request() {
  core_->refused.fetch_add(1, std::memory_order_relaxed);
  answer_ = parser_.refused()->status == 503 ? overloaded(parser_.refused()->detail) : parser_.refused()->to_response();
  request_id_ = new_id();
  head_only_ = false;
  http_1_0_ = false;
}

/// Leaves an answer that can be sent in answer_.
io::task<void> http_connection::have_answered() {
  const auto& limits = core_->options.limits;
  enter(phase::answering, limits.answer_deadline);
  auto rq = parser_.take();
  rq.id = request_id_of(rq);
  rq.remote_address = remote_address_;
  request_id_ = rq.id;
  head_only_ = rq.method == "HEAD";
  http_1_0_ = parser_.is_http_1_0();
  answer_.reset();
  if (core_->in_flight.fetch_add(1) < limits.requests_in_flight) {
    core_->requests.fetch_add(1, std::memory_order_relaxed);
    call_handler(std::move(rq));
    while (!answer_ && !expired_ && !cut_) co_await answered_signal_.async_wait(io::no_throw);
  } else {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    answer_ = overloaded("too many requests are being answered now; try again shortly");
  }
  core_->in_flight.fetch_sub(1);
  ++number_;
  if (!answer_)
    answer_ = response::problem(504, to_string(ec::timeout), "the handler of this route did not answer in time");
  if (const auto why = why_not_sendable(*answer_); !why.empty()) {
    core_->fault(why + " (request " + request_id_ + ")");
    answer_ = response::problem(500, to_string(ec::internal), why);
  }
}

void http_connection::call_handler(request rq) {
  exception_text escaped;
  try {
    core_->handler(std::move(rq), make_responder());
    return;
  } catch (...) {
    escaped = describe_current_exception();
  }
  // The 500 takes the place of what the responder answered while it was unwound.
  core_->fault("a handler threw " + escaped.type + ": " + escaped.what + " (request " + request_id_ + ")");
  answer_ = response::problem(500, to_string(ec::internal), "the handler of this route failed; the log says why");
}

responder http_connection::make_responder() {
  return responder{
      [worker = worker_.shared_from_this(), self = weak_from_this(), number = number_](response given) mutable {
        if (worker->is_this_thread()) {
          if (const auto connection = self.lock()) connection->answer(number, std::move(given));
          return;
        }
        io::asio::post(worker->context(), [self = std::move(self), number, given = std::move(given)]() mutable {
          if (const auto connection = self.lock()) connection->answer(number, std::move(given));
        });
      }};
}

void http_connection::answer(std::uint64_t number, response given) {
  if (number != number_ || answer_) return;
  answer_ = std::move(given);
  answered_signal_.cancel();
}

/// False when the client is gone or too slow.
io::task<bool> http_connection::write_answer(bool keep) {
  answer_frame frame{worker_.date(), request_id_, answer_frame::connection::as_version_has_it};
  if (!keep) {
    frame.then = answer_frame::connection::close;
  } else if (http_1_0_) {
    frame.then = answer_frame::connection::keep_alive;
  }
  out_.clear();
  write_head(*answer_, frame, out_);
  const bool with_body = has_body(answer_->status) && !head_only_;
  const std::array<io::asio::const_buffer, 2> buffers{
      io::asio::buffer(out_), with_body ? io::asio::buffer(answer_->body) : io::asio::const_buffer{}};
  enter(phase::writing, core_->options.limits.write_deadline);
  const auto [failure, count] = co_await io::asio::async_write(socket_, buffers, io::no_throw);
  answer_.reset();
  co_return !failure && !cut_;
}

/// Lets the client read the answer before the connection goes: closing with its bytes unread would reset it.
io::task<void> http_connection::linger() {
  enter(phase::lingering, core_->options.limits.linger_deadline);
  boost::system::error_code ignored;
  socket_.shutdown(io::asio::socket_base::shutdown_send, ignored);
  while (!expired_ && !cut_) {
    const auto [failure, count] = co_await socket_.async_read_some(io::asio::buffer(in_), io::no_throw);
    if (failure) co_return;
  }
}

void http_connection::enter(phase next, std::chrono::milliseconds limit) {
  phase_ = next;
  deadline_ = clock::now() + limit;
  expired_ = false;
}

void http_connection::expire_if_due(clock::time_point now) {
  if (now < deadline_) return;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  answered_signal_.cancel();
}

void http_connection::drain() {
  if (phase_ == phase::idle) cut();
}

void http_connection::cut() {
  cut_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  answered_signal_.cancel();
}

/// Counts what the body holds; false when all bodies together hold too much.
bool http_connection::charge_body() {
  const auto held = parser_.body_bytes();
  if (held == charged_) return true;
  const auto more = held - charged_;
  charged_ = held;
  if (core_->bodies_bytes.fetch_add(more) + more <= core_->options.limits.bodies_bytes) return true;
  parser_.refuse({503, "the server holds too many request bodies now; try again shortly"});
  return false;
}

void http_connection::release_body() noexcept {
  core_->bodies_bytes.fetch_sub(std::exchange(charged_, 0));
}

}  // namespace streamspace
