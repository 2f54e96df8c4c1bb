#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What there is to say of many latencies in a line. Quantiles are at most 6.25 % above the true ones.
struct latency_summary {
  std::uint64_t count = 0;
  std::chrono::nanoseconds sum{};
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
  std::chrono::nanoseconds max{};

  friend bool operator==(const latency_summary&, const latency_summary&) = default;
};

/// What became of the events of one type up to one time.
struct event_type_figures {
  std::string type;
  std::uint64_t emitted = 0;
  std::uint64_t delivered = 0;  ///< To a handler that returned; an event counts once for each subscription.
  std::uint64_t failed = 0;     ///< Handlers that threw.
  std::uint64_t dropped = 0;    ///< Deliveries that came to no handler.
  std::uint64_t retried = 0;    ///< Deliveries that were handled again after a crash.
  latency_summary wait;         ///< From the emit to the begin of a handler; of a sample.
  latency_summary handling;     ///< From the begin of a handler to its end; of a sample.

  friend bool operator==(const event_type_figures&, const event_type_figures&) = default;
};

/// {type, emitted, delivered, failed, dropped, retried, waitMs: {count, p50, p99, max}, handlerMs: {...}}
void to_json(json& out, const event_type_figures& figures);

}  // namespace streamspace
