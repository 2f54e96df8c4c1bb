// The actor that owns the table of plugins.
#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>

namespace streamspace {

namespace {

/// Begins an operation whose reply answers this request; what it throws answers too, and does not end the actor.
template <class T, class Work>
caf::typed_response_promise<T> promised(plugin_table::pointer self, Work work) {
  auto promise = self->make_response_promise<T>();
  const std::function<void(result<T>)> reply = [promise](result<T> r) mutable {
    r ? promise.deliver(std::move(*r)) : promise.deliver(to_caf(r.error()));
  };
  try {
    work(reply);
  } catch (const std::exception&) {
    reply(tl::unexpected<error>{current_error()});
  }
  return promise;
}

}  // namespace

runtime_actor::behavior_type runtime_behavior(plugin_table::pointer self, runtime_setup setup) {
  self->state.begin(self, std::move(setup));
  const auto operation = [self](void (plugin_table::*op)(const std::string&, plugin_table::reply)) {
    return [self, op](const std::string& plugin) {
      return promised<loaded_plugin>(self, [&](const auto& reply) {
        self->state.resolve(plugin, reply, [=](const std::string& name) { (self->state.*op)(name, reply); });
      });
    };
  };
  const auto by_name = operation(&plugin_table::load_from_database);
  const auto unload = operation(&plugin_table::unload);
  const auto reload = operation(&plugin_table::reload);
  const auto enable = operation(&plugin_table::enable);
  const auto disable = operation(&plugin_table::disable);
  return {
      [self](atom::load, load_options& options) {
        return promised<loaded_plugin>(self, [&](const auto& reply) { self->state.load(std::move(options), reply); });
      },
      [by_name](atom::load, const std::string& plugin) { return by_name(plugin); },
      [unload](atom::unload, const std::string& plugin) { return unload(plugin); },
      [reload](atom::reload, const std::string& plugin) { return reload(plugin); },
      [enable](atom::enable, const std::string& plugin) { return enable(plugin); },
      [disable](atom::disable, const std::string& plugin) { return disable(plugin); },
      [self](atom::change, const std::string& plugin, const std::string& config_text) {
        return promised<loaded_plugin>(self, [&](const auto& reply) {
          self->state.resolve(plugin, reply,
                              [=](const std::string& name) { self->state.configure(name, config_text, reply); });
        });
      },
      [self](atom::find, const std::string& plugin) {
        return promised<loaded_plugin>(self, [&](const auto& reply) {
          self->state.resolve(plugin, reply, [=](const std::string& name) { reply(self->state.find(name)); });
        });
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
