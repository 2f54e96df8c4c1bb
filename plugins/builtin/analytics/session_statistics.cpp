#include <streamspace/plugins/builtin/analytics/session_statistics.hpp>

namespace streamspace::builtin {

namespace {

json with_window(const time_window& w, json answer) {
  answer["since"] = to_rfc3339(w.since);
  answer["until"] = to_rfc3339(w.until);
  return answer;
}

json number_or_null(const sql_row& row, std::string_view column) {
  const auto value = row.get<std::optional<double>>(column);
  return value ? json(*value) : json(nullptr);
}

}  // namespace

session_statistics::session_statistics(plugin_database& database)
    : database_{database},
      steps_{database.table("steps")},
      sessions_{database.table("sessions")},
      runs_{database.table("runs")},
      logins_{database.table("logins")} {}

json session_statistics::summary(const time_window& w) {
  const auto counts = database_.query_row(
      "SELECT (SELECT count(*) FROM " + sessions_ +
          " WHERE created_at >= $1 AND created_at < $2) AS created,"
          " (SELECT count(*) FROM " +
          sessions_ +
          " WHERE ended_at >= $1 AND ended_at < $2) AS ended,"
          " (SELECT count(*) FROM " +
          runs_ +
          " WHERE from_at < $2 AND to_at >= $2) AS running,"
          // One up where a run begins, one down where it ends; where both fall together, the end comes first.
          " (SELECT coalesce(max(level), 0) FROM ("
          "    SELECT sum(change) OVER (ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS level FROM ("
          "      SELECT greatest(from_at, $1) AS at, 1 AS change FROM " +
          runs_ +
          " WHERE from_at < $2 AND to_at > $1"
          "      UNION ALL"
          "      SELECT to_at, -1 FROM " +
          runs_ +
          " WHERE from_at < $2 AND to_at > $1) AS changes) AS levels)"
          "   AS max_running",
      w.since, w.until);
  return with_window(w, {{"sessions",
                          {{"created", counts->get<long long>("created")},
                           {"ended", counts->get<long long>("ended")},
                           {"running", counts->get<long long>("running")},
                           {"max_running", counts->get<long long>("max_running")}}},
                         {"users", {{"active", count_active_users(w)}}},
                         {"durations", durations_of(w)},
                         {"templates", templates_of(w, 5)}});
}

json session_statistics::hourly(const time_window& w) {
  const auto counted = [this](const std::string& column, const std::string& as) {
    return " LEFT JOIN (SELECT date_trunc('hour', " + column + ", 'UTC') AS hour, count(*) AS " + as + " FROM " +
           sessions_ + " WHERE " + column + " >= $1 AND " + column + " < $2 GROUP BY 1) AS of_" + as + " USING (hour)";
  };
  const auto rows = database_.query_all(
      "SELECT hour, coalesce(created, 0) AS created, coalesce(started, 0) AS started,"
      " coalesce(ended, 0) AS ended FROM generate_series(date_trunc('hour', $1::timestamptz, 'UTC'),"
      " $2::timestamptz - interval '1 microsecond', interval '1 hour') AS hours (hour)" +
          counted("created_at", "created") + counted("started_at", "started") + counted("ended_at", "ended") +
          " ORDER BY hour",
      w.since, w.until);
  json hours = json::array();
  for (const auto& row : rows)
    hours.push_back({{"hour", to_rfc3339(row.get<timestamp>("hour"))},
                     {"created", row.get<long long>("created")},
                     {"started", row.get<long long>("started")},
                     {"ended", row.get<long long>("ended")}});
  return with_window(w, {{"hours", std::move(hours)}});
}

json session_statistics::templates(const time_window& w) {
  return with_window(w, {{"templates", templates_of(w, 100)}});
}

json session_statistics::templates_of(const time_window& w, int limit) {
  const auto rows = database_.query_all(
      "SELECT template, count(*) AS sessions, sum(running_seconds) AS total, avg(running_seconds) AS average FROM " +
          sessions_ +
          " WHERE created_at >= $1 AND created_at < $2 GROUP BY template ORDER BY sessions DESC, template LIMIT $3",
      w.since, w.until, limit);
  json templates = json::array();
  for (const auto& row : rows)
    templates.push_back({{"template", row.get<std::string>("template")},
                         {"sessions", row.get<long long>("sessions")},
                         {"running_seconds", row.get<double>("total")},
                         {"average_seconds", row.get<double>("average")}});
  return templates;
}

json session_statistics::durations(const time_window& w) {
  return with_window(w, durations_of(w));
}

json session_statistics::durations_of(const time_window& w) {
  const auto row = database_.query_row(
      "SELECT count(*) AS count, avg(running_seconds) AS average, max(running_seconds) AS max,"
      " coalesce(sum(running_seconds), 0) AS total,"
      " percentile_cont(0.5) WITHIN GROUP (ORDER BY running_seconds) AS p50,"
      " percentile_cont(0.95) WITHIN GROUP (ORDER BY running_seconds) AS p95 FROM " +
          sessions_ + " WHERE ended_at >= $1 AND ended_at < $2 AND started_at IS NOT NULL",
      w.since, w.until);
  return {{"count", row->get<long long>("count")}, {"average", number_or_null(*row, "average")},
          {"p50", number_or_null(*row, "p50")},    {"p95", number_or_null(*row, "p95")},
          {"max", number_or_null(*row, "max")},    {"total", row->get<double>("total")}};
}

json session_statistics::active_users(const time_window& w) {
  const auto rows = database_.query_all(
      "SELECT day, count(DISTINCT user_id) AS active FROM generate_series(date_trunc('day', $1::timestamptz, 'UTC'),"
      " $2::timestamptz - interval '1 microsecond', interval '24 hours') AS days (day) LEFT JOIN (" +
          activity_in_window() + ") AS activity ON date_trunc('day', at, 'UTC') = day GROUP BY day ORDER BY day",
      w.since, w.until);
  json days = json::array();
  for (const auto& row : rows)
    days.push_back(
        {{"day", to_rfc3339(row.get<timestamp>("day")).substr(0, 10)}, {"active", row.get<long long>("active")}});
  return with_window(w, {{"active", count_active_users(w)}, {"days", std::move(days)}});
}

long long session_statistics::count_active_users(const time_window& w) {
  return database_
      .query_row("SELECT count(DISTINCT user_id) AS active FROM (" + activity_in_window() + ") AS activity", w.since,
                 w.until)
      ->get<long long>("active");
}

std::string session_statistics::activity_in_window() const {
  return "SELECT user_id, at FROM " + logins_ + " WHERE at >= $1 AND at < $2 UNION ALL SELECT user_id, at FROM " +
         steps_ + " WHERE at >= $1 AND at < $2 AND step IN ('created', 'started', 'woken') AND user_id <> ''";
}

}  // namespace streamspace::builtin
