#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/storage.hpp>

namespace streamspace {

namespace {

/// So much later than a statement's own deadline the pool has answered.
constexpr std::chrono::milliseconds grace{2'000};

}  // namespace

storage_actor::behavior_type storage(storage_actor::stateful_pointer<storage_state> self, db_pool_actor database,
                                     std::chrono::milliseconds deadline) {
  const auto query = [self, database = std::move(database), deadline](sql_statement statement,
                                                                      std::function<void(result<sql_result>)> then) {
    self->request(database, 2 * deadline + grace, atom::exec_v, std::move(statement), deadline)
        .then([then](sql_result& rows) { then(std::move(rows)); },
              [then](const caf::error& e) { then(tl::unexpected<error>{from_caf(e)}); });
  };
  self->state.gatherer = std::make_unique<storage_gatherer>(storage_gatherer::setup{query});
  return {
      [self](atom::exec, storage_request& what) {
        return promised<storage_answer>(self, [&](const auto& reply) {
          self->state.gatherer->add(std::move(what), [reply](result<std::optional<std::string>> value) {
            value ? reply(storage_answer{std::move(*value)}) : reply(tl::unexpected<error>{value.error()});
          });
        });
      },
  };
}

}  // namespace streamspace
