#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/http/head_scanner.hpp>
#include <streamspace/http/limits.hpp>
#include <streamspace/http/refusal.hpp>
#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Reads HTTP/1.1 and HTTP/1.0 requests out of a byte stream, one after the other: no sockets, no clock. What it lets
/// through is a request that any other parser would read the same way; everything else is refused with the status to
/// answer. For one thread.
///
/// Refused besides what head_scanner refuses: Transfer-Encoding with Content-Length, more than one of either, a
/// transfer coding other than chunked, Transfer-Encoding in HTTP/1.0, a Content-Length that is not plain digits, bad
/// chunks, a missing, empty or second Host, a Host that differs from an absolute target's, unknown methods and
/// expectations, targets that parse_target refuses. Trailer fields are read and dropped.
class request_parser {
 public:
  /// `limits` must outlive it.
  explicit request_parser(const http_limits& limits);
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Takes the next bytes of the stream and answers how many it took: all, unless they complete or spoil the request.
  /// Those left belong to the next request. Must not be called when complete() or refused().
  std::size_t feed(std::string_view bytes);

  /// The request is all there: take it.
  bool complete() const noexcept;
  /// Why the request, and so the connection, is given up; nothing while it is fine.
  const std::optional<refusal>& refused() const noexcept { return refused_; }
  /// Gives the request up for a reason of the caller's.
  void refuse(refusal why) { refused_ = std::move(why); }

  /// The header is all there.
  bool has_head() const noexcept;
  /// The client waits for "100 Continue" before it sends the body. True once the header is there and no byte of the
  /// body has come.
  bool expects_continue() const noexcept;
  /// Whether the client lets the connection go on after this request, and which version it speaks; once the header is
  /// there.
  bool keep_alive() const noexcept;
  bool is_http_1_0() const noexcept;
  /// Bytes of body held now.
  std::size_t body_bytes() const noexcept;

  /// The request, with method, path, queries, headers and body set. Only when complete(), and once.
  request take();
  /// Makes it ready for the next request of the stream.
  void reset();

 private:
  struct message;

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  std::size_t parse(std::string_view bytes);

  const http_limits& limits_;
  head_scanner scanner_;
  std::string head_;  ///< The header as far as it came; then what of a chunk's header came.
  std::unique_ptr<message> message_;
  std::optional<refusal> refused_;
};

}  // namespace streamspace
