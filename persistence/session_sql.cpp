#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/session_sql.hpp>

namespace streamspace {

namespace {

const std::string columns =
    "id, user_id, team_id, template_name, state, app_type, active_connections, url, namespace, platform, pod_name, "
    "memory, cpu, "
    "persistent_home, idle_timeout, max_session_duration, created_at, updated_at, last_connection, last_disconnect, "
    "last_activity";

}  // namespace

sql_statement insert_session(const session& s) {
  return {"INSERT INTO sessions (" + columns +
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
              "$21) RETURNING " +
              columns,
          {s.id,
           s.user_id,
           s.team_id,
           s.template_name,
           to_string(s.state),
           s.app_type,
           s.active_connections,
           s.url,
           s.name_space,
           s.platform,
           s.pod_name,
           s.memory,
           s.cpu,
           s.persistent_home,
           s.idle_timeout,
           s.max_session_duration,
           s.created_at,
           s.updated_at,
           s.last_connection,
           s.last_disconnect,
           s.last_activity}};
}

sql_statement find_session(const std::string& id) {
  return {"SELECT " + columns + " FROM sessions WHERE id = $1", {id}};
}

sql_statement list_sessions(const session_filter& filter, page_request wanted) {
  std::string condition;
  sql_params params;
  const auto demand = [&](const std::string& column, sql_param value) {
    params.push_back(std::move(value));
    condition += (condition.empty() ? "" : " AND ") + column + " = $" + std::to_string(params.size());
  };
  if (filter.user_id) demand("user_id", *filter.user_id);
  if (filter.state) demand("state", to_string(*filter.state));
  return select_page(columns, "sessions", condition, "created_at, id", std::move(params), wanted);
}

sql_statement update_session(const std::string& id, const session_changes& changes, timestamp at) {
  sql_update update;
  update.set("updated_at", at);
  const auto set = [&](const char* column, const auto& change) {
    if (change) update.set(column, sql_param{*change});
  };
  set("team_id", changes.team_id);
  set("template_name", changes.template_name);
  set("app_type", changes.app_type);
  set("active_connections", changes.active_connections);
  set("url", changes.url);
  set("pod_name", changes.pod_name);
  set("memory", changes.memory);
  set("cpu", changes.cpu);
  set("persistent_home", changes.persistent_home);
  set("idle_timeout", changes.idle_timeout);
  set("max_session_duration", changes.max_session_duration);
  set("last_connection", changes.last_connection);
  set("last_disconnect", changes.last_disconnect);
  set("last_activity", changes.last_activity);
  return update.where_id("sessions", id, columns);
}

sql_statement transition_session(const std::string& id, const std::vector<session_state>& from, session_state to,
                                 timestamp at) {
  std::string states;
  for (const auto state : from) states.append(states.empty() ? "{" : ",").append(to_string(state));
  return {
      "UPDATE sessions SET state = $3, updated_at = $4, "
      "active_connections = CASE WHEN $3 = 'running' THEN active_connections ELSE 0 END "
      "WHERE id = $1 AND state = ANY ($2::text[]) RETURNING " +
          columns,
      {id, states.empty() ? "{}" : states + "}", to_string(to), at}};
}

sql_statement remove_session(const std::string& id) {
  return {"DELETE FROM sessions WHERE id = $1 RETURNING " + columns, {id}};
}

session read_session(const sql_row& row) {
  session s;
  s.id = row.get<std::string>("id");
  s.user_id = row.get<std::string>("user_id");
  s.team_id = row.get<std::optional<std::string>>("team_id");
  s.template_name = row.get<std::string>("template_name");
  s.state = parse_session_state(row.get<std::string>("state")).value();
  s.app_type = row.get<std::string>("app_type");
  s.active_connections = row.get<int>("active_connections");
  s.url = row.get<std::optional<std::string>>("url");
  s.name_space = row.get<std::string>("namespace");
  s.platform = row.get<std::string>("platform");
  s.pod_name = row.get<std::optional<std::string>>("pod_name");
  s.memory = row.get<std::optional<std::string>>("memory");
  s.cpu = row.get<std::optional<std::string>>("cpu");
  s.persistent_home = row.get<bool>("persistent_home");
  s.idle_timeout = row.get<std::optional<std::string>>("idle_timeout");
  s.max_session_duration = row.get<std::optional<std::string>>("max_session_duration");
  s.created_at = row.get<timestamp>("created_at");
  s.updated_at = row.get<timestamp>("updated_at");
  s.last_connection = row.get<std::optional<timestamp>>("last_connection");
  s.last_disconnect = row.get<std::optional<timestamp>>("last_disconnect");
  s.last_activity = row.get<std::optional<timestamp>>("last_activity");
  return s;
}

page_of<session> read_session_page(const sql_result& answer) {
  return read_page<session>(answer, read_session);
}

error explain_session_error(error e) {
  return explain_constraint(
      std::move(e),
      {{"sessions_pkey", ec::already_exists, "there is a session with this id already"},
       {"sessions_user_fkey", ec::invalid_argument, "user_id names no user; create the user first"},
       {"sessions_template_name_check", ec::invalid_argument, "template_name must not be empty"},
       {"sessions_active_connections_check", ec::invalid_argument, "active_connections must not be negative"}});
}

}  // namespace streamspace
