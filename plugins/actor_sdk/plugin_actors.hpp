#pragma once

#include <memory>

#include <caf/actor_config.hpp>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/http_message.hpp>
#include <streamspace/plugins/actor_sdk/actor_block.hpp>
#include <streamspace/plugins/actor_sdk/turn_unit.hpp>
#include <streamspace/plugins/sdk/plugin_context.hpp>

namespace streamspace {

/// The actors of one plugin, and how the plugin's events and requests become messages to them. In turn only.
class plugin_actors final : public owned_actors {
 public:
  /// Those of this plugin; made at the first call. Error unavailable where no actors can be.
  static plugin_actors& of(plugin_context& ctx);
  explicit plugin_actors(plugin_context& ctx);

  plugin_context& context() noexcept { return ctx_; }
  caf::actor_system& system() const { return unit_->system(); }
  const std::shared_ptr<turn_unit>& unit() const noexcept { return unit_; }

  /// A new actor, which has not been launched: it begins in the plugin's turns, or on a thread of its own. What it
  /// throws as it begins is thrown, except there.
  enum class place : std::uint8_t { in_turn, own_thread };
  void begin(const caf::strong_actor_ptr& actor, place where, turn_unit::role as);

  /// A message, and at once what comes of it. Throws what the actor throws at it, and plugin_crash when it has ended.
  /// Whether its behavior had something for it.
  template <class T>
  bool send(const caf::actor_addr& to, const T& what);
  /// The same with an answer, which may come later: it is the answer of the request that is handled now then.
  response ask(const caf::actor_addr& to, const request& what);
  /// What it is to hand over to its next version; null when it has nothing.
  json state_of(const caf::actor_addr& of);

  void end() noexcept override { unit_->end(); }

 private:
  caf::strong_actor_ptr present(const caf::actor_addr& who) const;

  plugin_context& ctx_;
  std::shared_ptr<turn_unit> unit_;
};

}  // namespace streamspace
