#include <streamspace/plugins/builtin/audit/audit_store.hpp>

namespace streamspace::builtin {

namespace {

constexpr std::string_view columns = "seq, event_id, type, source, time, user_id, session_id, data";

json to_json_object(const sql_row& row) {
  return {{"seq", row.get<long long>("seq")},
          {"id", row.get<std::string>("event_id")},
          {"type", row.get<std::string>("type")},
          {"source", row.get<std::string>("source")},
          {"time", to_rfc3339(row.get<timestamp>("time"))},
          {"user", row.is_null("user_id") ? json(nullptr) : json(row.get<std::string>("user_id"))},
          {"session", row.is_null("session_id") ? json(nullptr) : json(row.get<std::string>("session_id"))},
          {"data", row.get<json>("data")}};
}

}  // namespace

audit_store::audit_store(plugin_database& database) : database_{database}, table_{database.table("events")} {}

void audit_store::prepare() {
  // Types are indexed by their bytes, so that a pattern with a fixed beginning can use the index.
  const auto index = [this](std::string_view name, const std::string& over) {
    return "CREATE INDEX IF NOT EXISTS " + database_.table(name) + " ON " + table_ + " (" + over + ");\n";
  };
  database_.migrate("CREATE TABLE IF NOT EXISTS " + table_ +
                    " (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL UNIQUE, "
                    "type text NOT NULL, source text NOT NULL, time timestamptz NOT NULL, user_id text, "
                    "session_id text, data jsonb NOT NULL);\n" +
                    index("events_by_type", "type text_pattern_ops, seq") + index("events_by_user", "user_id, seq") +
                    index("events_by_session", "session_id, seq") + index("events_by_time", "time"));
}

void audit_store::add(const audit_entry& entry) {
  database_.exec("INSERT INTO " + table_ +
                     " (event_id, type, source, time, user_id, session_id, data) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                     "ON CONFLICT (event_id) DO NOTHING",
                 entry.event_id, entry.type, entry.source, entry.time, entry.user, entry.session, entry.data);
}

json audit_store::find(const audit_filter& filter) {
  // One row more than asked for tells whether there is a next page.
  const auto rows = database_.query_all(
      "SELECT " + std::string{columns} + " FROM " + table_ +
          " WHERE seq > $1 AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR type ~ $3)"
          " AND ($4::text IS NULL OR user_id = $4) AND ($5::text IS NULL OR session_id = $5)"
          " AND ($6::timestamptz IS NULL OR time >= $6) ORDER BY seq LIMIT $7",
      filter.after, filter.type, filter.type_regex, filter.user, filter.session, filter.since, filter.limit + 1);
  json page{{"events", json::array()}};
  auto& events = page["events"];
  for (const auto& row : rows) {
    if (events.size() == static_cast<std::size_t>(filter.limit)) {
      page["next"] = events.back()["seq"];
      break;
    }
    events.push_back(to_json_object(row));
  }
  return page;
}

std::optional<json> audit_store::find(std::string_view event_id) {
  const auto row =
      database_.query_row("SELECT " + std::string{columns} + " FROM " + table_ + " WHERE event_id = $1", event_id);
  if (!row) return std::nullopt;
  return to_json_object(*row);
}

std::size_t audit_store::drop_before(timestamp cutoff) {
  return database_.exec("DELETE FROM " + table_ + " WHERE seq IN (SELECT seq FROM " + table_ +
                            " WHERE time < $1 ORDER BY time LIMIT 10000)",
                        cutoff);
}

}  // namespace streamspace::builtin
