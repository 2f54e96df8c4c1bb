#pragma once

#include <cstddef>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What may wait in an inbox. As JSON (the member `inbox` of a manifest) an object with the members in brackets;
/// members that are not there keep the runtime's setting.
struct inbox_limits {
  std::size_t events = 65'536;                       ///< [events: 1 to 16,777,216]
  std::size_t requests = 4'096;                      ///< [requests: 1 to 1,048,576]
  std::size_t event_bytes = std::size_t{64} << 20U;  ///< Approximate, of all events together. [bytes: 1,024 to 2^40]
};

/// Unknown members are ignored. Throws error (invalid_argument, naming the member) and leaves `limits` alone when a
/// member is of the wrong kind or out of range.
void from_json(const json& in, inbox_limits& limits);

}  // namespace streamspace
