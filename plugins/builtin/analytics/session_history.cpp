#include <streamspace/plugins/builtin/analytics/session_history.hpp>

namespace streamspace::builtin {

session_history::session_history(plugin_database& database)
    : database_{database},
      steps_{database.table("steps")},
      sessions_{database.table("sessions")},
      runs_{database.table("runs")},
      logins_{database.table("logins")} {}

void session_history::prepare() {
  const auto index = [this](std::string_view name, const std::string& table, const std::string& over) {
    return "CREATE INDEX IF NOT EXISTS " + database_.table(name) + " ON " + table + " (" + over + ");\n";
  };
  const auto table = [](const std::string& name, const std::string& columns) {
    return "CREATE TABLE IF NOT EXISTS " + name + " (" + columns + ");\n";
  };
  database_.migrate(
      table(steps_,
            "event_id text PRIMARY KEY, session_id text NOT NULL, step text NOT NULL, rank smallint NOT NULL, "
            "at timestamptz NOT NULL, user_id text NOT NULL, template text NOT NULL, session_created timestamptz, "
            "state text NOT NULL") +
      table(sessions_,
            "id text PRIMARY KEY, user_id text NOT NULL, template text NOT NULL, created_at timestamptz NOT NULL, "
            "started_at timestamptz, ended_at timestamptz, running_seconds double precision NOT NULL, "
            "state text NOT NULL") +
      table(runs_, "session_id text NOT NULL, from_at timestamptz NOT NULL, to_at timestamptz NOT NULL") +
      table(logins_, "event_id text PRIMARY KEY, user_id text NOT NULL, at timestamptz NOT NULL") +
      index("steps_by_session", steps_, "session_id") + index("steps_by_time", steps_, "at") +
      index("sessions_by_creation", sessions_, "created_at") + index("sessions_by_end", sessions_, "ended_at") +
      index("runs_by_session", runs_, "session_id") + index("runs_by_end", runs_, "to_at, from_at") +
      index("logins_by_time", logins_, "at"));
}

void session_history::add(const activity& a) {
  if (a.step)
    add_step(a, *a.step);
  else
    add_login(a);
}

void session_history::add_login(const activity& a) {
  database_.exec("INSERT INTO " + logins_ + " (event_id, user_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                 a.event_id, a.user, a.at);
}

void session_history::add_step(const activity& a, session_step step) {
  database_.transaction([&](transaction& tx) {
    // The lock keeps two servers from working out the same session at once, each without the other's step.
    const auto added = tx.exec("INSERT INTO " + steps_ +
                                   " (event_id, session_id, step, rank, at, user_id, template, session_created, state)"
                                   " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9"
                                   " FROM pg_advisory_xact_lock(hashtextextended($2, 0)) ON CONFLICT DO NOTHING",
                               a.event_id, a.session, to_string(step), static_cast<int>(step), a.at, a.user,
                               a.template_name, a.session_created, state_after(step));
    if (added == 0) return;
    // A session runs from a started or woken to whatever step comes next. Deleted is last whatever its time says, since
    // clocks of two machines differ. It ended with the first of the stopped and deleted steps that nothing follows.
    tx.exec(
        "WITH ordered AS (SELECT step, at, user_id, template, session_created, state,"
        "   row_number() OVER in_order AS pos, lead(at) OVER in_order AS next_at"
        "   FROM " +
            steps_ +
            " WHERE session_id = $1 WINDOW in_order AS (ORDER BY step = 'deleted', at, rank)),"
            " marked AS (SELECT *, step IN ('started', 'woken') AS runs,"
            "   max(pos) FILTER (WHERE step NOT IN ('stopped', 'deleted')) OVER () AS last_alive FROM ordered),"
            " outdated AS (DELETE FROM " +
            runs_ +
            " WHERE session_id = $1),"
            " present AS (INSERT INTO " +
            runs_ +
            " (session_id, from_at, to_at)"
            "   SELECT $1, at, coalesce(next_at, 'infinity') FROM marked WHERE runs AND at < coalesce(next_at, "
            "'infinity'))"
            " INSERT INTO " +
            sessions_ +
            " (id, user_id, template, created_at, started_at, ended_at, running_seconds, state)"
            " SELECT $1, (array_agg(user_id ORDER BY pos DESC))[1], (array_agg(template ORDER BY pos DESC))[1],"
            "   coalesce(min(session_created), min(at)), min(at) FILTER (WHERE runs),"
            "   min(at) FILTER (WHERE pos > coalesce(last_alive, 0)),"
            "   coalesce(sum(extract(epoch FROM greatest(next_at - at, interval '0'))) FILTER (WHERE runs), 0),"
            "   (array_agg(state ORDER BY pos DESC))[1] FROM marked"
            " ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, template = excluded.template,"
            "   created_at = excluded.created_at, started_at = excluded.started_at, ended_at = excluded.ended_at,"
            "   running_seconds = excluded.running_seconds, state = excluded.state",
        a.session);
  });
}

std::size_t session_history::drop_before(timestamp cutoff) {
  const auto sessions = database_.exec("WITH old AS (SELECT id FROM " + sessions_ +
                                           " WHERE ended_at < $1 ORDER BY ended_at LIMIT 1000),"
                                           " steps AS (DELETE FROM " +
                                           steps_ +
                                           " WHERE session_id IN (SELECT id FROM old)),"
                                           " runs AS (DELETE FROM " +
                                           runs_ +
                                           " WHERE session_id IN (SELECT id FROM old))"
                                           " DELETE FROM " +
                                           sessions_ + " WHERE id IN (SELECT id FROM old)",
                                       cutoff);
  const auto logins = database_.exec("DELETE FROM " + logins_ + " WHERE event_id IN (SELECT event_id FROM " + logins_ +
                                         " WHERE at < $1 ORDER BY at LIMIT 1000)",
                                     cutoff);
  return sessions + logins;
}

}  // namespace streamspace::builtin
