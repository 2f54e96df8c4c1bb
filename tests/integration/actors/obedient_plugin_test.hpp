#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "database_runtime_test.hpp"

namespace streamspace::testing {

/// Plugins that do, in their turn, what the test tells them to, on a database of the test's own.
class obedient_plugin_test : public database_runtime_test {
 protected:
  using action = std::function<void(plugin_context&)>;

  plugin_factory obedient(const std::string& name, std::vector<std::string> permissions = {}) {
    auto factory = scripted(name, {.on_load = [this](plugin_context& ctx) {
                              ctx.events().on("do." + ctx.name(), [this, &ctx](const event&) { next_(ctx); });
                            }});
    factory.manifest.permissions = std::move(permissions);
    return factory;
  }

  /// Runs it in the plugin's turn; what it throws fails the test.
  void in_turn(runtime& rt, const std::string& plugin, action what) {
    next_ = std::move(what);
    for (const auto& r : rt.emit_sync("do." + plugin, json::object(), soon).results)
      EXPECT_EQ(r.outcome, delivery_outcome::handled) << r.exception_type << ": " << r.what;
  }

 private:
  action next_;
};

/// Of the error that `action` throws; empty when it throws none, or one that is not the server's.
template <class Action>
std::string sqlstate_of(Action&& action) {
  const auto failure = failure_of(std::forward<Action>(action));
  return failure ? std::string{failure->fact("sqlstate")} : std::string{};
}

}  // namespace streamspace::testing
