#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>

#include <streamspace/plugins/actor_sdk/answer_taker.hpp>
#include <streamspace/plugins/actor_sdk/plugin_actors.hpp>
#include <streamspace/plugins/actor_sdk/plugin_messages.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {

plugin_actors& plugin_actors::of(plugin_context& ctx) {
  if (!ctx.actors()) ctx.actors() = std::make_shared<plugin_actors>(ctx);
  return static_cast<plugin_actors&>(*ctx.actors());
}

plugin_actors::plugin_actors(plugin_context& ctx)
    : ctx_{ctx}, unit_{std::make_shared<turn_unit>(ctx.actor_system(), ctx.turns(), ctx.code())} {}

void plugin_actors::begin(const caf::strong_actor_ptr& actor, place where, turn_unit::role as) {
  unit_->own(actor, as);
  auto& itself = static_cast<caf::scheduled_actor&>(*actor->get());
  where == place::in_turn ? unit_->begin(itself) : itself.launch(unit_.get(), false, false);
}

caf::strong_actor_ptr plugin_actors::present(const caf::actor_addr& who) const {
  auto actor = caf::actor_cast<caf::strong_actor_ptr>(who);
  if (!actor || actor->get()->getf(caf::abstract_actor::is_terminated_flag)) throw plugin_crash{"its actor has ended"};
  return actor;
}

template <class T>
bool plugin_actors::send(const caf::actor_addr& to, const T& what) {
  return unit_->deliver(present(to), caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, T{what}));
}
template bool plugin_actors::send(const caf::actor_addr& to, const event& what);
template bool plugin_actors::send(const caf::actor_addr& to, const saved_state& what);
template bool plugin_actors::send(const caf::actor_addr& to, const config_change& what);

namespace {

template <class T>
caf::mailbox_element_ptr asked_for(const answer_taker::handle& by, const T& what) {
  return caf::make_mailbox_element(by.actor, caf::make_message_id(1), {}, T{what});
}

}  // namespace

response plugin_actors::ask(const caf::actor_addr& to, const request& what) {
  const auto taker = answer_taker::make(system());
  unit_->deliver(present(to), asked_for(taker, what));
  if (auto answer = taker->answer()) return std::move(*answer);
  taker->send_to(ctx_.take_responder());
  return response{202};
}

json plugin_actors::state_of(const caf::actor_addr& of) {
  const auto taker = answer_taker::make(system());
  unit_->deliver(present(of), asked_for(taker, state_request{}));
  return taker->json_answer();
}

}  // namespace streamspace
