#pragma once

#include <functional>
#include <string>

#include <streamspace/plugin.hpp>
#include <streamspace/runtime.hpp>

namespace streamspace::bench {

/// A runtime on a database with one plugin, whose context the benchmark uses as the plugin would.
class storing_plugin {
 public:
  /// The plugin does `on_load`, if that is given, when it is loaded.
  explicit storing_plugin(const std::string& database_url, std::function<void(plugin_context&)> on_load = {});

  plugin_context& context() const noexcept { return *context_; }

 private:
  plugin_context* context_ = nullptr;
  runtime plugins_;
};

}  // namespace streamspace::bench
