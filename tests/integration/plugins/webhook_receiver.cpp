#include "webhook_receiver.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <support/postgres_fixture.hpp>
#include <sys/socket.h>

namespace streamspace::testing {

namespace {

/// A socket bound to a free port of 127.0.0.1.
std::pair<int, int> bound_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0)
    throw std::runtime_error{"the test could not bind a socket"};
  return {socket, ntohs(address.sin_port)};
}

bool send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Reads until `enough` says so of what came; false when the sender has closed.
template <class Enough>
bool read_until(int socket, std::string& buffer, Enough enough) {
  while (!enough()) {
    char bytes[16 * 1024];
    const auto got = ::recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(got));
  }
  return true;
}

request parse_head(std::string_view head) {
  const auto take = [&head](std::string_view end) {
    const auto at = head.find(end);
    const auto part = head.substr(0, at);
    head.remove_prefix(at == std::string_view::npos ? head.size() : at + end.size());
    return std::string{part};
  };
  request rq;
  rq.method = take(" ");
  rq.path = take(" ");
  take("\r\n");
  while (!head.empty()) {
    const auto line = take("\r\n");
    const auto colon = line.find(": ");
    rq.headers.emplace_back(line.substr(0, colon), colon == std::string::npos ? "" : line.substr(colon + 2));
  }
  return rq;
}

}  // namespace

webhook_receiver::webhook_receiver(answerer answer) : answer_{std::move(answer)} {
  std::tie(listener_, port_) = bound_socket();
  if (::listen(listener_, 64) != 0) throw std::runtime_error{"the test could not listen"};
  accepting_ = std::thread{[this] { accept_all(); }};
}

webhook_receiver::~webhook_receiver() {
  {
    std::lock_guard lock{mutex_};
    closing_ = true;
    for (const auto& c : connections_) ::shutdown(c.socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (auto& c : connections_) {
    c.thread.join();
    ::close(c.socket);
  }
  ::close(listener_);
}

std::string webhook_receiver::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<request> webhook_receiver::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

bool webhook_receiver::wait_for(std::size_t count) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [&] { return requests_.size() >= count; });
}

void webhook_receiver::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    std::lock_guard lock{mutex_};
    if (closing_) {
      ::close(socket);
      return;
    }
    auto& made = connections_.emplace_back();
    made.socket = socket;
    made.thread = std::thread{[this, socket] { serve(socket); }};
  }
}

void webhook_receiver::serve(int socket) {
  std::string buffer;
  for (;;) {
    std::size_t end = 0;
    if (!read_until(socket, buffer, [&] { return (end = buffer.find("\r\n\r\n")) != std::string::npos; })) return;
    auto rq = parse_head(std::string_view{buffer}.substr(0, end + 2));
    buffer.erase(0, end + 4);
    const auto length = std::strtoul(std::string{rq.header("Content-Length")}.c_str(), nullptr, 10);
    if (!read_until(socket, buffer, [&] { return buffer.size() >= length; })) return;
    rq.body = buffer.substr(0, length);
    buffer.erase(0, length);

    std::size_t number = 0;
    {
      std::lock_guard lock{mutex_};
      number = requests_.size();
      requests_.push_back(rq);
    }
    changed_.notify_all();
    const auto answer = answer_(rq, number);
    if (answer.hang) {
      read_until(socket, buffer, [] { return false; });
      return;
    }
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) +
                       " X\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    if (!send_all(socket, text + "\r\n" + answer.body)) return;
  }
}

std::string refusing_url() {
  // A port that was free a moment ago: it is handed out again only after all others.
  const auto [socket, port] = bound_socket();
  ::close(socket);
  return "http://127.0.0.1:" + std::to_string(port) + "/hook";
}

}  // namespace streamspace::testing
