#pragma once

#include <string>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {

/// Why the server itself turns a request down before any handler sees it.
struct refusal {
  int status = 400;
  std::string detail;

  response to_response() const {
    const auto code = status == 408 ? ec::timeout : status == 503 ? ec::unavailable : ec::invalid_argument;
    return response::problem(status, to_string(code), detail);
  }
};

}  // namespace streamspace
