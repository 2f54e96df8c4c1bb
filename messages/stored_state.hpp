#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// A key of a plugin's storage, without its value.
struct stored_state {
  std::string version;                     ///< Another one after each write.
  std::optional<std::int64_t> expires_ms;  ///< In milliseconds by the storage's own clock.

  friend bool operator==(const stored_state&, const stored_state&) = default;
};

/// What was there of some keys when they were looked at.
struct stored_look {
  struct item {
    stored_state state;
    json value;
  };
  std::int64_t now_ms = 0;  ///< By the same clock.
  std::map<std::string, item> found;
};

}  // namespace streamspace
