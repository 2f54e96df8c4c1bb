// The plugin whose file the benchmark loads.
#include <streamspace/plugin.hpp>

namespace {

class idle final : public streamspace::base_plugin {
 public:
  void on_load(streamspace::plugin_context& ctx) override {
    ctx.events().on("session.*", [this](const streamspace::event&) { ++seen_; });
    ctx.api().get("/seen", [this](const streamspace::request&) { return streamspace::json{{"seen", seen_}}; });
  }

 private:
  std::uint64_t seen_ = 0;
};

}  // namespace

STREAMSPACE_PLUGIN(idle);
