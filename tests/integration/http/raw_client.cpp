#include "integration/http/raw_client.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace streamspace::testing {

namespace {

constexpr int patience_ms = 10'000;

}  // namespace

raw_client::raw_client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error{"cannot connect to port " + std::to_string(port)};
  }
}

raw_client::~raw_client() {
  if (fd_ >= 0) ::close(fd_);
}

raw_client::raw_client(raw_client&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, unread_{std::move(other.unread_)} {}

bool raw_client::wait(short events) {
  pollfd watched{fd_, events, 0};
  if (::poll(&watched, 1, patience_ms) == 0) throw std::runtime_error{"the server was silent for ten seconds"};
  return true;
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait(POLLOUT);
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool raw_client::read_more() {
  wait(POLLIN);
  std::array<char, 16 * 1024> buffer;
  const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  reset_ = got < 0;
  if (got <= 0) return false;
  unread_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<response> raw_client::receive(bool to_head) {
  while (unread_.find("\r\n\r\n") == std::string::npos)
    if (!read_more()) return std::nullopt;
  response answer;
  const auto head_end = unread_.find("\r\n\r\n") + 4;
  const auto head = unread_.substr(0, head_end);
  if (head.rfind("HTTP/1.1 ", 0) != 0) throw std::runtime_error{"not an answer: " + head};
  answer.status = std::stoi(head.substr(9, 3));
  for (auto at = head.find("\r\n") + 2; head.compare(at, 2, "\r\n") != 0;) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    answer.headers.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  unread_.erase(0, head_end);
  const auto length = answer.header("Content-Length");
  if (to_head || length.empty()) return answer;
  const auto size = std::stoul(std::string{length});
  while (unread_.size() < size)
    if (!read_more()) return std::nullopt;
  answer.body = unread_.substr(0, size);
  unread_.erase(0, size);
  return answer;
}

std::string raw_client::receive_all() {
  while (read_more()) {
  }
  return std::exchange(unread_, {});
}

bool raw_client::is_closed() {
  return unread_.empty() && !read_more() && !reset_;
}

void raw_client::finish() {
  ::shutdown(fd_, SHUT_WR);
}

void raw_client::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

std::optional<response> raw_client::ask(std::string_view bytes) {
  send(bytes);
  return receive();
}

std::string get(std::string_view path, std::string_view header_lines) {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{header_lines} + "\r\n";
}

}  // namespace streamspace::testing
