#pragma once

#include <chrono>
#include <cstddef>

namespace streamspace {

/// What a server lets one client, and all of them together, have. Every deadline is absolute: trickling bytes does not
/// extend it.
struct http_limits {
  std::size_t header_bytes = 16 * 1024;  ///< Request line and header fields, line ends included; beyond: 431.
  std::size_t header_fields = 100;       ///< Beyond: 431.
  std::size_t uri_bytes = 8 * 1024;      ///< Request target; beyond: 414.
  std::size_t body_bytes = 1024 * 1024;  ///< Decoded body of one request; beyond: 413.
  std::size_t bodies_bytes =
      256UL * 1024 * 1024;                 ///< Bodies of all requests that are read or answered now; beyond: 503.
  std::size_t connections = 10'000;        ///< At a time; one more is told 503 and closed.
  std::size_t requests_in_flight = 4'096;  ///< Handed to the handler and unanswered; beyond: 503.
  std::chrono::milliseconds header_deadline{
      10'000};  ///< From the first byte (of a new connection: from accept) to the header's end.
  std::chrono::milliseconds body_deadline{30'000};  ///< From the header's end to the body's end; beyond: 408.
  std::chrono::milliseconds idle_deadline{
      60'000};  ///< Between two requests of a connection; then it is closed without a word.
  std::chrono::milliseconds answer_deadline{60'000};  ///< What the handler may take; beyond: 504.
  std::chrono::milliseconds write_deadline{30'000};   ///< For the client to take the whole answer; then it is cut off.
  std::chrono::milliseconds linger_deadline{
      2'000};  ///< How long a closed connection may still send, so that it reads our answer.
};

}  // namespace streamspace
