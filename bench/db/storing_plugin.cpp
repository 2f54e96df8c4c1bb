#include <memory>
#include <utility>

#include <bench/db/storing_plugin.hpp>
#include <bench/quiet_options.hpp>

namespace streamspace::bench {

namespace {

class shown_plugin final : public base_plugin {
 public:
  shown_plugin(plugin_context*& seen, std::function<void(plugin_context&)> then)
      : seen_{seen}, then_{std::move(then)} {}
  void on_load(plugin_context& ctx) override {
    seen_ = &ctx;
    if (then_) then_(ctx);
  }

 private:
  plugin_context*& seen_;
  const std::function<void(plugin_context&)> then_;
};

runtime_options options_for(const std::string& database_url) {
  auto options = quiet_options();
  options.database_url = database_url;
  return options;
}

}  // namespace

storing_plugin::storing_plugin(const std::string& database_url, std::function<void(plugin_context&)> on_load)
    : plugins_{options_for(database_url)} {
  plugins_.auto_start(false);
  plugins_.register_builtin(
      {plain_manifest("storing"), [this, on_load = std::move(on_load)] {
         return made_plugin{nullptr, std::make_unique<shown_plugin>(context_, on_load), hooks_of<shown_plugin>()};
       }});
  plugins_.start();
  plugins_.load({.name = "storing"});
}

}  // namespace streamspace::bench
