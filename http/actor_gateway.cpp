#include <streamspace/http/actor_gateway.hpp>

namespace streamspace {

actor_gateway::actor_gateway(caf::actor_system& system)
    : asker_{system.spawn(
          [](caf::event_based_actor* self, int) -> caf::behavior { return {[self](const job& next) { next(self); }}; },
          0)} {}

void actor_gateway::stop() const {
  caf::anon_send_exit(asker_, caf::exit_reason::user_shutdown);
}

}  // namespace streamspace
