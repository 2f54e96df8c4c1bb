#include <memory>

#include <bench/db/storing_plugin.hpp>
#include <bench/quiet_options.hpp>

namespace streamspace::bench {

namespace {

class shown_plugin final : public base_plugin {
 public:
  explicit shown_plugin(plugin_context*& seen) : seen_{seen} {}
  void on_load(plugin_context& ctx) override { seen_ = &ctx; }

 private:
  plugin_context*& seen_;
};

runtime_options options_for(const std::string& database_url) {
  auto options = quiet_options();
  options.database_url = database_url;
  return options;
}

}  // namespace

storing_plugin::storing_plugin(const std::string& database_url) : plugins_{options_for(database_url)} {
  plugins_.auto_start(false);
  plugins_.register_builtin({plain_manifest("storing"), hooks_of<shown_plugin>(),
                             [this] { return std::make_unique<shown_plugin>(context_); }});
  plugins_.start();
  plugins_.load({.name = "storing"});
}

}  // namespace streamspace::bench
