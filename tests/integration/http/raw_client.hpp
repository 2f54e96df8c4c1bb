#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>

namespace streamspace::testing {

/// A client on a plain socket that sends just the bytes it is told to, and reads answers with a reader of its own.
/// Every wait ends after ten seconds.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port);
  ~raw_client();
  raw_client(raw_client&& other) noexcept;
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False when the other side has closed.
  bool send(std::string_view bytes);
  /// The next answer; nothing when the connection ends before it is whole. A body is expected by Content-Length, unless
  /// `to_head`.
  std::optional<response> receive(bool to_head = false);
  /// Whatever comes until the other side closes.
  std::string receive_all();
  /// Whether the other side closes without another byte, and in good order: not by a reset.
  bool is_closed();
  /// Ends our direction.
  void finish();
  /// Ends the connection with a reset.
  void abort();

  /// send() and receive().
  std::optional<response> ask(std::string_view bytes);

 private:
  bool wait(short events);
  bool read_more();

  int fd_ = -1;
  bool reset_ = false;
  std::string unread_;
};

/// "GET PATH" with a Host field and whatever further header lines ("A: b\r\n") are given.
std::string get(std::string_view path, std::string_view header_lines = {});

}  // namespace streamspace::testing
