#include <bench/bus/loaded_bus.hpp>
#include <bench/quiet_options.hpp>

#include <streamspace/messages/error.hpp>

namespace streamspace::bench {

namespace {

class subscriber final : public base_plugin {
 public:
  subscriber(std::vector<std::string> types, event_handler handler)
      : types_{std::move(types)}, handler_{std::move(handler)} {}

  void on_load(plugin_context& ctx) override {
    for (const auto& type : types_) ctx.events().on(type, handler_);
  }

 private:
  const std::vector<std::string> types_;
  const event_handler handler_;
};

}  // namespace

loaded_bus::loaded_bus() : plugins_{quiet_options()} {}

void loaded_bus::add_plugin(std::vector<std::string> types, event_handler handler) {
  plugins_.register_builtin(
      {plain_manifest("plugin-" + std::to_string(added_++)), [types = std::move(types), handler = std::move(handler)] {
         return made_plugin{nullptr, std::make_unique<subscriber>(types, handler), hooks_of<subscriber>()};
       }});
}

void loaded_bus::start() {
  if (plugins_.start() != added_) throw error{ec::internal, "not all plugins could be loaded"};
}

void loaded_bus::emit_to(std::size_t subscribers) {
  if (plugins_.emit(event{event_type}).enqueued != subscribers)
    throw error{ec::internal, "the bus dropped an event although nobody was behind"};
}

}  // namespace streamspace::bench
