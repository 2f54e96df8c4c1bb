#include <functional>
#include <utility>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/event_log_reader.hpp>
#include <streamspace/persistence/event_cursor_sql.hpp>
#include <streamspace/persistence/event_log_sql.hpp>

namespace streamspace {

event_log_actor::behavior_type event_log_reader(event_log_actor::stateful_pointer<event_log_reader_state> self,
                                                event_log_reader_setup setup) {
  /// Answers with what `read` makes of the rows.
  const auto query = [self, setup](sql_statement statement, auto reply, auto read) {
    self->request(setup.database, 2 * setup.deadline, atom::exec_v, std::move(statement), sql_deadline{setup.deadline})
        .then([reply, read](const sql_result& rows) { reply(attempted([&] { return read(rows); })); },
              [reply](const caf::error& e) { reply(tl::unexpected<error>{from_caf(e)}); });
  };
  const auto tell = [log = setup.log](const log_position& at, const error& why) {
    log({"runtime",
         log_level::error,
         "an event of the log cannot be read and is passed over",
         {{"position", to_string(at)}, {"what", why.message()}},
         now()});
  };
  return {
      [=](atom::list, const event_log_filter& filter) {
        return promised<event_log_page>(self, [&](const auto& reply) {
          query(read_event_log(filter), reply,
                [filter, tell](const sql_result& rows) { return read_event_log_page(rows, filter, tell); });
        });
      },
      [=](atom::follow) {
        return promised<std::vector<durable_subscription>>(
            self, [&](const auto& reply) { query(list_cursors(), reply, read_cursors); });
      },
      [=](atom::remove, const std::string& plugin, const std::string& name) {
        return promised<bool>(self, [&](const auto& reply) {
          query(drop_cursor({plugin, name}), reply, [](const sql_result& rows) { return rows.affected() > 0; });
        });
      },
  };
}

}  // namespace streamspace
