#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <streamspace/http/limits.hpp>
#include <streamspace/http/refusal.hpp>

namespace streamspace {

/// Finds the end of a request's head (request line and header fields) in a byte stream, and refuses on the way whatever
/// two parsers could read differently: bare LF, bare CR, control bytes, folded lines (RFC 9112, sections 2.2 and 5.2),
/// and whatever is over the limits. Each byte is looked at once, however the stream is cut. No I/O, no allocation but a
/// refusal's sentence.
class head_scanner {
 public:
  /// `limits` must outlive it.
  explicit head_scanner(const http_limits& limits) : limits_{&limits} {}

  /// Looks at the next bytes. Answers how many of them belong to the head: all of them while it goes on, fewer once it
  /// ends or is refused.
  std::size_t scan(std::string_view bytes);

  bool complete() const noexcept { return complete_; }
  const std::optional<refusal>& refused() const noexcept { return refused_; }
  /// Bytes of empty lines in front of the request line; RFC 9112, section 2.2 has one of them tolerated.
  std::size_t leading_bytes() const noexcept { return leading_bytes_; }

 private:
  std::optional<refusal> check(char c) const;
  std::optional<refusal> end_line();

  const http_limits* limits_;
  std::size_t total_ = 0;
  std::size_t line_ = 0;  ///< 0 is the request line.
  std::size_t line_length_ = 0;
  std::size_t leading_bytes_ = 0;
  bool after_cr_ = false;
  bool complete_ = false;
  std::optional<refusal> refused_;
};

}  // namespace streamspace
