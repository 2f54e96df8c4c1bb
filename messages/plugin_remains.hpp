#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What is still there of a plugin that has been unloaded, and should not be for long.
struct plugin_remains {
  std::string plugin;
  std::size_t subscriptions = 0;
  std::size_t routes = 0;
  std::size_t components = 0;
  bool inbox = false;             ///< Somebody has it, or a call into the plugin's code has not returned.
  bool database = false;          ///< A statement, a transaction or a stream of rows is open.
  std::vector<std::string> code;  ///< The files of its code that are in memory; one that the loader keeps stays there.

  bool any() const noexcept {
    return subscriptions > 0 || routes > 0 || components > 0 || inbox || database || !code.empty();
  }
};

/// What there is of it, under the names above.
void to_json(json& out, const plugin_remains& r);

}  // namespace streamspace
