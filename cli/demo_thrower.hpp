#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <streamspace/plugin.hpp>

namespace streamspace {

/// A plugin that fails at every event of a user or a session, each time in another way: an error of ours, one of the
/// standard library, and something that is no exception class at all.
class demo_thrower final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    for (const auto* pattern : {"user.*", "session.*"}) ctx.events().on(pattern, [this](const event& e) { fail(e); });
  }

 private:
  [[noreturn]] void fail(const event& e) {
    switch (events_++ % 3) {
      case 0:
        throw error{ec::conflict, "the demo's thrower does not like " + e.type()};
      case 1:
        throw std::runtime_error{"the demo's thrower gave up at " + e.type()};
      default:
        throw 42;
    }
  }

  unsigned events_ = 0;
};

/// Its manifest keeps it out of quarantine, so that it goes on to fail to the end.
inline plugin_factory demo_thrower_factory(std::string name) {
  auto manifest = plain_manifest(std::move(name));
  manifest.extra["supervision"] = {{"quarantine_after", 0}};
  return make_plugin_factory<demo_thrower>(std::move(manifest));
}

}  // namespace streamspace
