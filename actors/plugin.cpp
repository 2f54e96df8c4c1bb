#include <algorithm>

#include <caf/send.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/event_log.hpp>
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
        event_log_{setup.event_log},
        timeout_{setup.publish_timeout} {}

  void publish(const std::vector<subscription_ptr>& items) override {
    open_durable(items);
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

  void open_durable(const std::vector<subscription_ptr>& items) const {
    if (event_log_) return event_log_->open(items);
    if (std::any_of(items.begin(), items.end(), [](const auto& s) { return s->durable.has_value(); }))
      throw error{ec::unavailable,
                  "a durable subscription needs an event log, and this runtime has no database; set its database_url"};
  }

  caf::actor_system& system_;
  plugin_ref owner_;
  event_bus_actor bus_;
  api_registry_actor api_;
  ui_registry_actor ui_;
  std::shared_ptr<event_log> event_log_;
  std::chrono::milliseconds timeout_;
};

class turns_of_cell final : public turn_port {
 public:
  explicit turns_of_cell(std::weak_ptr<plugin_cell> cell) : cell_{std::move(cell)} {}
  void post(std::function<void()> task) override {
    if (const auto cell = cell_.lock()) cell->post(std::move(task));
  }

 private:
  /// The cell has the instance that has this.
  const std::weak_ptr<plugin_cell> cell_;
};

/// What the plugin's code runs on; together with the instance it belongs to.
struct seated_instance {
  seated_instance(std::unique_ptr<registration_sink> s, const plugin_setup& setup)
      : sink{std::move(s)}, instance{setup.factory, setup.config, setup.services, *sink} {}

  std::unique_ptr<registration_sink> sink;
  plugin_instance instance;
};

std::shared_ptr<plugin_instance> make_instance(caf::actor_system& system, caf::actor_addr actor,
                                               const plugin_setup& setup) {
  auto seated = std::make_shared<seated_instance>(
      std::make_unique<registries>(system, plugin_ref{setup.cell, std::move(actor)}, setup), setup);
  return {seated, &seated->instance};
}

/// In the plugin's turn, after a crash.
call_outcome succeed_itself(caf::actor_system& system, const caf::actor_addr& actor, const plugin_setup& setup,
                            plugin_instance& crashed) {
  // What the old one says of its end has nothing to say to the new one.
  static_cast<void>(crashed.unload());
  const auto next = make_instance(system, actor, setup);
  setup.cell->succeed(next);
  auto outcome = next->load();
  if (outcome.ok()) outcome = next->enable(plugin_instance::publishing::everything);
  if (outcome.ok()) setup.cell->resume();
  return outcome;
}

}  // namespace

plugin_actor_state::~plugin_actor_state() {
  if (cell) cell->retire();
}

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup given) {
  auto& state = self->state;
  state.setup = std::make_shared<plugin_setup>(std::move(given));
  state.cell = state.setup->cell;
  state.setup->services.turns = std::make_shared<turns_of_cell>(state.cell);
  state.cell->seat(make_instance(self->system(), self->address(), *state.setup));

  state.cell->on_trouble([me = self->address(), cell = state.cell.get()](plugin_trouble what) {
    what.from = cell;
    if (const auto present = caf::actor_cast<plugin_actor>(me))
      caf::anon_send(present, atom::trouble_v, std::move(what));
  });

  const auto in_turn = [self](auto work) {
    const auto ticket = self->state.next_ticket++;
    auto promise = self->make_response_promise<call_outcome>();
    self->state.hooks.emplace(ticket, promise);
    self->state.cell->push(plugin_cell::place::first,
                           [me = plugin_actor{self}, ticket, work](plugin_instance& instance) {
                             caf::anon_send(me, atom::done_v, ticket, work(instance));
                           });
    return promise;
  };

  return {
      [in_turn](atom::load) { return in_turn([](plugin_instance& instance) { return instance.load(); }); },
      [in_turn](atom::enable) { return in_turn([](plugin_instance& instance) { return instance.enable(); }); },
      [self](atom::drain) {
        const auto ticket = self->state.next_ticket++;
        self->state.drains.emplace(ticket, self->make_response_promise());
        self->state.cell->push(plugin_cell::place::last, [me = plugin_actor{self}, ticket](plugin_instance&) {
          caf::anon_send(me, atom::done_v, ticket, call_outcome{});
        });
      },
      [in_turn](atom::disable) { return in_turn([](plugin_instance& instance) { return instance.disable(); }); },
      [self, in_turn](atom::unload) {
        self->state.last_ticket = self->state.next_ticket;
        return in_turn([](plugin_instance& instance) { return instance.unload(); });
      },
      [self, in_turn](atom::restart) {
        return in_turn([&system = self->system(), actor = self->address(), setup = self->state.setup](
                           plugin_instance& crashed) { return succeed_itself(system, actor, *setup, crashed); });
      },
      [self, in_turn](atom::release, const std::string& pattern) {
        return in_turn([cell = self->state.cell.get(), pattern](plugin_instance&) -> call_outcome {
          if (cell->release(pattern)) return {};
          return {delivery_outcome::error, {}, "no subscription to '" + pattern.substr(0, 80) + "' is in quarantine"};
        });
      },
      [self](atom::give_up) {
        const auto ticket = self->state.next_ticket++;
        self->state.last_ticket = ticket;
        self->state.cell->retire(
            [me = plugin_actor{self}, ticket] { caf::anon_send(me, atom::done_v, ticket, call_outcome{}); });
      },
      [self](atom::done, std::uint64_t ticket, call_outcome& outcome) {
        auto& [setup, cell, hooks, drains, next, last] = self->state;
        if (auto drained = drains.extract(ticket)) drained.mapped().deliver(caf::unit);
        if (auto returned = hooks.extract(ticket)) returned.mapped().deliver(std::move(outcome));
        if (last == ticket) self->quit();
      },
      [self](atom::trouble, plugin_trouble& what) {
        self->send(self->state.setup->supervisor, atom::trouble_v, self->state.cell->name(), std::move(what));
      },
  };
}

}  // namespace streamspace
