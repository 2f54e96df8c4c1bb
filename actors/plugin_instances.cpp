#include <algorithm>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/event_log.hpp>
#include <streamspace/actors/plugin_instances.hpp>

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

/// What the plugin's code runs on; together with the instance it belongs to.
struct seated_instance {
  seated_instance(std::unique_ptr<registration_sink> s, const plugin_setup& setup)
      : sink{std::move(s)}, instance{setup.factory, setup.config, setup.services, *sink} {}

  std::unique_ptr<registration_sink> sink;
  plugin_instance instance;
};

/// An outcome whose text says in which hook it came about.
call_outcome in_hook(const char* hook, call_outcome outcome) {
  outcome.what = outcome.exception_type.empty()
                     ? std::string{hook} + ": " + outcome.what
                     : std::string{hook} + " threw " + outcome.exception_type + ": " + outcome.what;
  outcome.exception_type.clear();
  outcome.crashed = false;
  return outcome;
}

call_outcome hand_over_state(plugin_instance& from, plugin_instance& to) {
  const auto saved = from.save_state();
  if (!saved.outcome.ok()) return in_hook("save_state", saved.outcome);
  if (saved.state.data.is_null()) return {};
  auto restored = to.restore_state(saved.state);
  return restored.ok() ? restored : in_hook("restore_state", std::move(restored));
}

}  // namespace

void turns_of_cell::post(std::function<void()> task) {
  if (now_.load(std::memory_order_acquire) != state::open) {
    const std::lock_guard lock{mutex_};
    if (now_ == state::closed) return;
    if (now_ == state::held) return waiting_.push_back(std::move(task));
  }
  if (const auto cell = cell_.lock()) cell->post(std::move(task));
}

void turns_of_cell::open() {
  const std::lock_guard lock{mutex_};
  if (const auto cell = cell_.lock())
    for (auto& task : waiting_) cell->post(std::move(task));
  waiting_.clear();
  now_.store(state::open, std::memory_order_release);
}

void turns_of_cell::close() {
  std::vector<std::function<void()>> dropped;
  const std::lock_guard lock{mutex_};
  now_.store(state::closed, std::memory_order_release);
  dropped.swap(waiting_);
}

std::shared_ptr<plugin_instance> make_instance(caf::actor_system& system, caf::actor_addr actor,
                                               const plugin_setup& setup) {
  auto seated = std::make_shared<seated_instance>(
      std::make_unique<registries>(system, plugin_ref{setup.cell, std::move(actor)}, setup), setup);
  return {seated, &seated->instance};
}

call_outcome succeed_itself(caf::actor_system& system, const caf::actor_addr& actor, const plugin_setup& setup,
                            plugin_instance& crashed) {
  // What the old one says of its end has nothing to say to the new one.
  crashed.step_aside();
  static_cast<void>(crashed.unload());
  const auto next = make_instance(system, actor, setup);
  setup.cell->succeed(next);
  auto outcome = next->load();
  if (outcome.ok()) outcome = next->enable(plugin_instance::publishing::everything);
  if (outcome.ok()) setup.cell->resume();
  return outcome;
}

namespace {

/// After the next instance could not be enabled.
call_outcome go_back(plugin_cell& cell, handover& parts, bool crashed, call_outcome why) {
  why = in_hook("on_enable", std::move(why));
  parts.next->step_aside();
  cell.succeed(parts.old);
  if (crashed) return why;
  if (const auto back = parts.old->publish_again(); !back.ok()) {
    why.what += "; then " + back.what;
    why.crashed = true;
  }
  cell.resume();
  return why;
}

}  // namespace

call_outcome take_over(plugin_cell& cell, handover& parts) {
  parts.old = cell.seated();
  const bool crashed = cell.rests();
  if (!crashed)
    if (auto handed_over = hand_over_state(*parts.old, *parts.next); !handed_over.ok()) return handed_over;
  cell.succeed(parts.next);
  if (auto enabled = parts.next->enable(plugin_instance::publishing::everything); !enabled.ok())
    return go_back(cell, parts, crashed, std::move(enabled));
  parts.old->step_aside();
  static_cast<turns_of_cell&>(*parts.old_turns).close();
  parts.taken_over = true;
  cell.release_all();
  cell.resume();
  parts.turns->open();
  return {};
}

}  // namespace streamspace
