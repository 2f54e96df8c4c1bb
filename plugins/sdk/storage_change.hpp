#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What has become of a key of a plugin's storage since its watcher was last told of it.
struct storage_change {
  enum class kind : std::uint8_t {
    set,      ///< It has this value now.
    removed,  ///< It is not there any more, by remove(), clear() or compare_and_set(), or by somebody else.
    expired,  ///< It is not there any more, and its time was up.
  };

  kind what;
  std::string key;
  std::optional<json> value;  ///< Of what is set.
};

using storage_change_handler = std::function<void(const storage_change&)>;

}  // namespace streamspace
