#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>

#include <streamspace/actors/plugin.hpp>

namespace streamspace {

/// Brings the tasks of one instance into the turns of its plugin's cell. Those of an instance that is loaded beside the
/// one that has the cell wait until it has taken over. Thread-safe.
class turns_of_cell final : public turn_port {
 public:
  enum class begins : std::uint8_t { at_once, when_opened };
  turns_of_cell(std::weak_ptr<plugin_cell> cell, begins when)
      : cell_{std::move(cell)}, now_{when == begins::at_once ? state::open : state::held} {}

  void post(std::function<void()> task) override;
  void open();
  /// Drops what waits, and all that is posted later.
  void close();

 private:
  enum class state : std::uint8_t { held, open, closed };

  const std::weak_ptr<plugin_cell> cell_;  ///< It has the instance that has this.
  std::atomic<state> now_;
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;
};

/// An instance of the plugin that this actor stands for; together with what its code runs on.
std::shared_ptr<plugin_instance> make_instance(caf::actor_system& system, caf::actor_addr actor,
                                               const plugin_setup& setup);

/// Puts a new instance in the place of one that has crashed, and goes on. In the plugin's turn.
call_outcome succeed_itself(caf::actor_system& system, const caf::actor_addr& actor, const plugin_setup& setup,
                            plugin_instance& crashed);

/// The instance that is to take a plugin's place, and the one that had it.
struct handover {
  std::shared_ptr<plugin_instance> next;  ///< Loaded.
  std::shared_ptr<turns_of_cell> turns;   ///< Of the next one.
  std::shared_ptr<plugin_instance> old;
  std::shared_ptr<turn_port> old_turns;
  std::atomic<bool> taken_over{false};

  /// The one that does not serve, once it is known which.
  plugin_instance* out() const noexcept { return taken_over ? old.get() : next.get(); }
};

/// Hands over the state, publishes what the next instance has registered in the place of the old one's, and has it go
/// on with what waits in the inbox. When it fails, the old one goes on, and the outcome's text says in which hook; an
/// outcome that says `crashed` means that neither serves. In the plugin's turn.
call_outcome take_over(plugin_cell& cell, handover& parts);

}  // namespace streamspace
