// The actor that owns the table of plugins.
#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>

namespace streamspace {

runtime_actor::behavior_type runtime_behavior(plugin_table::pointer self, runtime_setup setup) {
  self->state.begin(self, std::move(setup));
  const auto by_name = [self](const std::string& plugin, const plugin_table::operation& op) {
    return promised<loaded_plugin>(self, [&](const auto& reply) { self->state.with_name(plugin, op, reply); });
  };
  const auto stopping = [by_name](const std::string& plugin, dependents others, auto op) {
    return by_name(plugin, [others, op](plugin_table& table, const auto& name, auto done) {
      (table.*op)(name, others, std::move(done));
    });
  };
  return {
      [self](atom::load, load_options& options) {
        return promised<loaded_plugin>(self, [&](const auto& reply) { self->state.load(std::move(options), reply); });
      },
      [by_name](atom::load, const std::string& plugin) { return by_name(plugin, &plugin_table::load_from_database); },
      [stopping](atom::unload, const std::string& plugin, dependents others) {
        return stopping(plugin, others, &plugin_table::unload);
      },
      [by_name](atom::reload, const std::string& plugin) { return by_name(plugin, &plugin_table::reload); },
      [by_name](atom::enable, const std::string& plugin) { return by_name(plugin, &plugin_table::enable); },
      [stopping](atom::disable, const std::string& plugin, dependents others) {
        return stopping(plugin, others, &plugin_table::disable);
      },
      [self](atom::install, const std::string& plugin, const std::string& config_text, bool enable,
             const std::string& who) {
        return promised<loaded_plugin>(
            self, [&](const auto& reply) { self->state.install(plugin, config_text, enable, who, reply); });
      },
      [stopping](atom::uninstall, const std::string& plugin, dependents others) {
        return stopping(plugin, others, &plugin_table::uninstall);
      },
      [by_name](atom::change, const std::string& plugin, const std::string& config_text, const std::string& who) {
        return by_name(plugin, [config_text, who](auto& table, const auto& name, auto done) {
          table.configure(name, config_text, who, std::move(done));
        });
      },
      [by_name](atom::revert, const std::string& plugin, int revision, const std::string& who) {
        return by_name(plugin, [revision, who](auto& table, const auto& name, auto done) {
          table.revert(name, revision, who, std::move(done));
        });
      },
      [self](atom::history, const std::string& plugin) {
        return promised<std::vector<config_revision>>(
            self, [&](const auto& reply) { self->state.config_history(plugin, reply); });
      },
      [by_name](atom::release, const std::string& plugin, const std::string& pattern) {
        return by_name(plugin, [pattern](auto& table, const auto& name, auto done) {
          table.release_from_quarantine(name, pattern, std::move(done));
        });
      },
      [self](atom::trouble, const std::string& plugin, const plugin_trouble& what) {
        self->state.trouble(plugin, what);
      },
      [self](atom::restart, const std::string& plugin, std::uint64_t order) {
        self->state.restart_crashed(plugin, order);
      },
      [by_name](atom::find, const std::string& plugin) {
        return by_name(plugin, [](auto& table, const auto& name, const auto& done) { done(table.find(name)); });
      },
      [self](atom::list) { return self->state.list(); },
      [self](atom::available) { return self->state.available(); },
      [self](atom::start) {
        return promised<std::uint32_t>(self, [&](const auto& reply) { self->state.start(reply); });
      },
      [self](atom::stop) {
        using names = std::vector<std::string>;
        return promised<names>(self, [&](const auto& reply) { self->state.stop(reply); });
      },
  };
}

}  // namespace streamspace
