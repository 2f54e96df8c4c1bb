#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <cli/demo_observation.hpp>
#include <cli/demo_record.hpp>

namespace streamspace {

class demo_receiver;

/// Where to look after a run.
struct demo_places {
  std::string url;
  std::string admin_token;
  std::string database_url;
  const demo_receiver& receiver;
  int to_be_refused = 0;  ///< By the receiver.
};

/// Waits until every plugin has handled what the record says was emitted, at most for `patience` (the observation says
/// whether they did), then asks the platform over HTTP, and its database by SQL of the demo's own, what they made of
/// it. Blocks. Errors: those of http_client and pg_connection; unavailable when `stop` was requested; internal when an
/// answer is not as it should be.
demo_observation observe(const demo_places& places, const demo_record& record, std::chrono::milliseconds patience,
                         const std::stop_token& stop);

}  // namespace streamspace
