#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <streamspace/actors/runtime.hpp>
#include <streamspace/plugin.hpp>

namespace streamspace::bench {

inline constexpr const char* event_type = "bench.tick";

/// A runtime without a database, with plugins that subscribe to what they are told. What their handlers use must
/// outlive it.
class loaded_bus {
 public:
  loaded_bus();

  /// Before start(). The plugins are named "plugin-0", "plugin-1", ...
  void add_plugin(std::vector<std::string> types, event_handler handler);
  /// Throws error (internal) when not all of them could be loaded.
  void start();

  /// Emits an event of event_type. Throws error (internal) unless it reached all of so many subscribers.
  void emit_to(std::size_t subscribers);

  runtime& plugins() noexcept { return plugins_; }

 private:
  runtime plugins_;
  std::size_t added_ = 0;
};

}  // namespace streamspace::bench
