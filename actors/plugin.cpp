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

  void publish(const std::vector<subscription_ptr>& items) override {
    owner_.cell->assign(items);
    hand_over(bus_, items);
  }
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

/// What the plugin's code runs on; together with the instance it belongs to.
struct seated_instance {
  seated_instance(std::unique_ptr<registration_sink> s, plugin_setup& setup)
      : sink{std::move(s)},
        instance{std::move(setup.factory), std::move(setup.config), std::move(setup.services), *sink} {}

  std::unique_ptr<registration_sink> sink;
  plugin_instance instance;
};

std::shared_ptr<plugin_instance> make_instance(caf::actor_system& system, caf::actor_addr actor, plugin_setup& setup) {
  auto seated = std::make_shared<seated_instance>(
      std::make_unique<registries>(system, plugin_ref{setup.cell, std::move(actor)}, setup), setup);
  return {seated, &seated->instance};
}

}  // namespace

plugin_actor_state::~plugin_actor_state() {
  if (cell) cell->retire();
}

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup setup) {
  auto& state = self->state;
  state.cell = setup.cell;
  state.cell->seat(make_instance(self->system(), self->address(), setup));

  using hook = call_outcome (plugin_instance::*)();
  const auto run_hook = [self](hook h) {
    const auto ticket = self->state.next_ticket++;
    auto promise = self->make_response_promise<call_outcome>();
    self->state.hooks.emplace(ticket, promise);
    self->state.cell->push(plugin_cell::place::first, [me = plugin_actor{self}, ticket, h](plugin_instance& instance) {
      caf::anon_send(me, atom::done_v, ticket, (instance.*h)());
    });
    return promise;
  };

  return {
      [run_hook](atom::load) { return run_hook(&plugin_instance::load); },
      [run_hook](atom::enable) { return run_hook(&plugin_instance::enable); },
      [self](atom::drain) {
        const auto ticket = self->state.next_ticket++;
        self->state.drains.emplace(ticket, self->make_response_promise());
        self->state.cell->push(plugin_cell::place::last, [me = plugin_actor{self}, ticket](plugin_instance&) {
          caf::anon_send(me, atom::done_v, ticket, call_outcome{});
        });
      },
      [run_hook](atom::disable) { return run_hook(&plugin_instance::disable); },
      [self, run_hook](atom::unload) {
        self->state.last_ticket = self->state.next_ticket;
        return run_hook(&plugin_instance::unload);
      },
      [self](atom::give_up) {
        const auto ticket = self->state.next_ticket++;
        self->state.last_ticket = ticket;
        self->state.cell->retire(
            [me = plugin_actor{self}, ticket] { caf::anon_send(me, atom::done_v, ticket, call_outcome{}); });
      },
      [self](atom::done, std::uint64_t ticket, call_outcome& outcome) {
        auto& [cell, hooks, drains, next, last] = self->state;
        if (auto drained = drains.extract(ticket)) drained.mapped().deliver(caf::unit);
        if (auto returned = hooks.extract(ticket)) returned.mapped().deliver(std::move(outcome));
        if (last == ticket) self->quit();
      },
  };
}

}  // namespace streamspace
