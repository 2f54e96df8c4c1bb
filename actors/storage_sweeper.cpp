#include <streamspace/actors/storage_sweeper.hpp>
#include <streamspace/messages/time.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

storage_sweeper_actor::behavior_type storage_sweeper(
    storage_sweeper_actor::stateful_pointer<storage_sweeper_state> self, db_pool_actor database,
    storage_sweeper_options options) {
  const auto sweep_after = [self](std::chrono::milliseconds pause) {
    self->delayed_send(storage_sweeper_actor{self}, pause, atom::expire_v);
  };
  sweep_after(options.interval);
  return {
      [=](atom::expire) {
        self->request(database, 2 * options.deadline, atom::exec_v, sweep_stored(options.most_at_once),
                      sql_deadline{options.deadline})
            .then(
                [=](const sql_result& swept) {
                  const bool more = swept.affected() >= static_cast<std::size_t>(options.most_at_once);
                  sweep_after(more ? std::chrono::milliseconds{0} : options.interval);
                },
                [=](const caf::error& e) {
                  options.log({"runtime",
                               log_level::warn,
                               "expired storage keys could not be deleted and stay a while",
                               {{"what", from_caf(e).message()}},
                               now()});
                  sweep_after(options.interval);
                });
      },
  };
}

}  // namespace streamspace
