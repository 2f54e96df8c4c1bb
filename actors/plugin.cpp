#include <caf/send.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/plugin.hpp>

namespace streamspace {

namespace {

/// Hands a plugin's registrations to the registries and waits until they are in force. Runs in the plugin's turn.
class registries final : public registration_sink {
 public:
  registries(caf::actor_system& system, plugin_ref owner, const plugin_setup& setup)
      : system_{system},
        owner_{std::move(owner)},
        bus_{setup.bus},
        api_{setup.api},
        ui_{setup.ui},
        timeout_{setup.publish_timeout} {}

  void publish(const std::vector<subscription_ptr>& items) override { hand_over(bus_, items); }
  void publish(const std::vector<plugin_route_ptr>& items) override { hand_over(api_, items); }
  void publish(const std::vector<ui_component>& items) override { hand_over(ui_, items); }

 private:
  template <class Registry, class Item>
  void hand_over(const Registry& registry, const std::vector<Item>& items) {
    value_or_raise(ask<void>(system_, registry, timeout_, atom::publish_v, owner_, items));
  }

  caf::actor_system& system_;
  plugin_ref owner_;
  event_bus_actor bus_;
  api_registry_actor api_;
  ui_registry_actor ui_;
  std::chrono::milliseconds timeout_;
};

}  // namespace

plugin_actor_state::~plugin_actor_state() {
  if (cell) cell->retire();
}

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup setup) {
  auto& state = self->state;
  state.cell = setup.cell;
  state.sink = std::make_unique<registries>(self->system(), plugin_ref{setup.cell, self->address()}, setup);
  state.instance = std::make_unique<plugin_instance>(std::move(setup.factory), std::move(setup.config),
                                                     std::move(setup.services), *state.sink);

  using hook = call_outcome (plugin_instance::*)();
  const auto run_hook = [self](hook h) {
    auto promise = self->make_response_promise<call_outcome>();
    self->state.cell->push(plugin_cell::place::first,
                           [promise, h](plugin_instance& instance) mutable { promise.deliver((instance.*h)()); });
    return promise;
  };

  return {
      [self](atom::wake) {
        if (self->state.cell->run_slice(*self->state.instance)) self->send(self, atom::wake_v);
      },
      [run_hook](atom::load) { return run_hook(&plugin_instance::load); },
      [run_hook](atom::enable) { return run_hook(&plugin_instance::enable); },
      [self](atom::drain) {
        auto promise = self->make_response_promise();
        self->state.cell->push(plugin_cell::place::last,
                               [promise](plugin_instance&) mutable { promise.deliver(caf::unit); });
      },
      [run_hook](atom::disable) { return run_hook(&plugin_instance::disable); },
      [self](atom::unload) {
        auto promise = self->make_response_promise<call_outcome>();
        self->state.cell->push(plugin_cell::place::first, [self, promise](plugin_instance& instance) mutable {
          promise.deliver(instance.unload());
          self->quit();
        });
        return promise;
      },
  };
}

}  // namespace streamspace
