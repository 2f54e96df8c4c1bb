#include <caf/send.hpp>

#include <streamspace/actors/plugin.hpp>
#include <streamspace/actors/plugin_instances.hpp>

namespace streamspace {

plugin_actor_state::~plugin_actor_state() {
  if (cell) cell->retire();
  if (next) next->beside->retire();
}

plugin_actor::behavior_type plugin(plugin_actor::stateful_pointer<plugin_actor_state> self, plugin_setup given) {
  auto& state = self->state;
  state.setup = std::make_shared<plugin_setup>(std::move(given));
  state.cell = state.setup->cell;
  state.setup->services.turns = std::make_shared<turns_of_cell>(state.cell, turns_of_cell::begins::at_once);
  state.cell->seat(make_instance(self->system(), self->address(), *state.setup));

  state.cell->on_trouble([me = self->address(), cell = state.cell.get()](plugin_trouble what) {
    what.from = cell;
    if (const auto present = caf::actor_cast<plugin_actor>(me))
      caf::anon_send(present, atom::trouble_v, std::move(what));
  });

  const auto in_turn_of = [self](plugin_cell& cell, auto work) {
    const auto ticket = self->state.next_ticket++;
    auto promise = self->make_response_promise<call_outcome>();
    self->state.hooks.emplace(ticket, promise);
    cell.push(plugin_cell::place::first, [me = plugin_actor{self}, ticket, work](plugin_instance& instance) {
      caf::anon_send(me, atom::done_v, ticket, work(instance));
    });
    return promise;
  };
  const auto in_turn = [self, in_turn_of](auto work) { return in_turn_of(*self->state.cell, std::move(work)); };
  /// In the cell beside, which ends then.
  const auto last_in_turn_beside = [self, in_turn_of](auto work) {
    const auto next = *std::exchange(self->state.next, std::nullopt);
    auto promise = in_turn_of(*next.beside, [parts = next.parts, work](plugin_instance&) { return work(*parts); });
    next.beside->push(plugin_cell::place::last, [beside = next.beside.get()](plugin_instance&) { beside->retire(); });
    return promise;
  };

  /// When a reload has not come to its end: what does not serve is unloaded in the cell beside.
  const auto drop_successor = [self] {
    if (!self->state.next) return;
    const auto next = *std::exchange(self->state.next, std::nullopt);
    next.beside->push(plugin_cell::place::first, [beside = next.beside.get(), parts = next.parts](plugin_instance&) {
      static_cast<void>(parts->out()->unload());
      beside->retire();
    });
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
      [self, in_turn, drop_successor](atom::unload) {
        drop_successor();
        self->state.last_ticket = self->state.next_ticket;
        return in_turn([](plugin_instance& instance) { return instance.unload(); });
      },
      [self, in_turn](atom::restart) {
        return in_turn([&system = self->system(), actor = self->address(), setup = self->state.setup](
                           plugin_instance& crashed) { return succeed_itself(system, actor, *setup, crashed); });
      },
      [self, in_turn_of](atom::prepare, const plugin_setup_ptr& setup, const plugin_cell_ptr& beside) {
        const auto parts = std::make_shared<handover>();
        parts->turns = std::make_shared<turns_of_cell>(setup->cell, turns_of_cell::begins::when_opened);
        parts->old_turns = self->state.setup->services.turns;
        setup->services.turns = parts->turns;
        parts->next = make_instance(self->system(), self->address(), *setup);
        beside->seat(parts->next);
        self->state.next = plugin_actor_state::successor{setup, beside, parts};
        return in_turn_of(*beside, [](plugin_instance& instance) { return instance.load(); });
      },
      [self, in_turn](atom::take_over) {
        return in_turn([cell = self->state.cell, parts = self->state.next->parts](plugin_instance&) {
          return take_over(*cell, *parts);
        });
      },
      [self, last_in_turn_beside](atom::retire) {
        self->state.setup = self->state.next->setup;
        return last_in_turn_beside([](handover& parts) {
          auto outcome = parts.old->unload();
          parts.old.reset();
          return outcome;
        });
      },
      [last_in_turn_beside](atom::abandon, bool with_migrations) {
        return last_in_turn_beside([with_migrations](handover& parts) {
          static_cast<void>(parts.next->unload());
          auto outcome = with_migrations ? parts.next->take_back_migrations() : call_outcome{};
          parts.next.reset();
          return outcome;
        });
      },
      [self, in_turn](atom::change, const config_ptr& config) {
        return in_turn([config, setup = self->state.setup](plugin_instance& instance) {
          auto outcome = instance.reconfigure(*config);
          if (outcome.ok()) setup->config = *config;  // For an instance that is made after a crash.
          return outcome;
        });
      },
      [self, in_turn](atom::release, const std::string& pattern) {
        return in_turn([cell = self->state.cell.get(), pattern](plugin_instance&) -> call_outcome {
          if (cell->release(pattern)) return {};
          return {delivery_outcome::error, {}, "no subscription to '" + pattern.substr(0, 80) + "' is in quarantine"};
        });
      },
      [self, drop_successor](atom::give_up) {
        drop_successor();
        const auto ticket = self->state.next_ticket++;
        self->state.last_ticket = ticket;
        self->state.cell->retire(
            [me = plugin_actor{self}, ticket] { caf::anon_send(me, atom::done_v, ticket, call_outcome{}); });
      },
      [self](atom::done, std::uint64_t ticket, call_outcome& outcome) {
        auto& its = self->state;
        if (auto drained = its.drains.extract(ticket)) drained.mapped().deliver(caf::unit);
        if (auto returned = its.hooks.extract(ticket)) returned.mapped().deliver(std::move(outcome));
        if (its.last_ticket == ticket) self->quit();
      },
      [self](atom::trouble, plugin_trouble& what) {
        self->send(self->state.setup->supervisor, atom::trouble_v, self->state.cell->name(), std::move(what));
      },
  };
}

}  // namespace streamspace
