#include <utility>

#include <caf/send.hpp>

#include <streamspace/actors/event_follower_actor.hpp>

namespace streamspace {

event_follower_actor::behavior_type event_follower_behavior(
    event_follower_actor::stateful_pointer<event_follower_state> self, event_follower_setup setup) {
  event_follower::setup with;
  with.cursor = setup.cursor;
  with.holder = setup.holder;
  with.query = [self, database = setup.database, deadline = setup.deadline](sql_statement statement,
                                                                            event_follower::answer then) {
    self->request(database, 2 * deadline, atom::exec_v, std::move(statement), sql_deadline{deadline})
        .then([then](sql_result& rows) { then(std::move(rows)); },
              [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
  };
  with.deliver = [self, events = setup.events](const subscription_ptr& target, const std::vector<event_ptr>& what,
                                               std::function<void(event_follower::results)> done) {
    events->send_logged(what, *self->state.cell, target,
                        [me = self->address(), done = std::move(done)](event_follower::results came_of_it) {
                          const auto present = caf::actor_cast<event_follower_actor>(me);
                          if (!present) return;
                          caf::anon_send(present, atom::done_v,
                                         later{[done, came_of_it = std::move(came_of_it)] { done(came_of_it); }});
                        });
  };
  with.after = [self](std::chrono::milliseconds pause, std::function<void()> then) {
    self->delayed_send(event_follower_actor{self}, pause, atom::done_v, later{std::move(then)});
  };
  with.next_letter = setup.next_letter;
  with.lease = setup.lease;
  with.log = setup.log;
  self->state.follower.emplace(std::move(with));
  return {
      [self](atom::follow, durable_target& target) {
        self->state.cell = std::move(target.cell);
        self->state.follower->assign(std::move(target.subscription));
      },
      [self](atom::write) { self->state.follower->wake(); },
      [self](atom::stop) {
        self->state.follower->stop([self, promise = self->make_response_promise()]() mutable {
          promise.deliver(caf::unit);
          self->quit();
        });
      },
      [](atom::done, const later& next) { next.what(); },
  };
}

}  // namespace streamspace
