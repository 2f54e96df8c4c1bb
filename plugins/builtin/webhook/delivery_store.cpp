#include <algorithm>
#include <limits>

#include <streamspace/plugins/builtin/shared/query_parameters.hpp>
#include <streamspace/plugins/builtin/webhook/delivery_store.hpp>

namespace streamspace::builtin {

namespace {

json keys_of(const std::vector<webhook_endpoint>& endpoints) {
  json keys = json::array();
  for (const auto& endpoint : endpoints) keys.push_back(endpoint.key);
  return keys;
}

std::size_t index_of(const std::vector<webhook_endpoint>& endpoints, const std::string& key) {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const auto& e) { return e.key == key; });
  return static_cast<std::size_t>(found - endpoints.begin());
}

json to_json_object(const sql_row& row) {
  const auto status = row.get<std::optional<int>>("http_status");
  const auto fault = row.cell("last_error");
  return {{"id", row.get<long long>("id")},
          {"endpoint", row.get<std::string>("endpoint")},
          {"event", row.get<std::string>("event_id")},
          {"type", row.get<std::string>("event_type")},
          {"status", row.get<std::string>("status")},
          {"attempts", row.get<int>("attempts")},
          {"httpStatus", status ? json(*status) : json(nullptr)},
          {"lastError", fault ? json(*fault) : json(nullptr)},
          {"createdAt", to_rfc3339(row.get<timestamp>("created_at"))},
          {"updatedAt", to_rfc3339(row.get<timestamp>("updated_at"))}};
}

}  // namespace

delivery_filter read_delivery_filter(const request& rq) {
  const query_parameters query{rq, {"status", "limit", "before"}};
  delivery_filter filter;
  filter.status = query.one_of("status", {"pending", "delivered", "failed"});
  filter.before = query.integer("before", 0, std::numeric_limits<long long>::max());
  filter.limit = static_cast<int>(query.integer("limit", 1, 1000).value_or(filter.limit));
  return filter;
}

delivery_store::delivery_store(plugin_database& database) : database_{database}, table_{database.table("deliveries")} {}

void delivery_store::prepare() {
  const auto index = [this](std::string_view name, const std::string& over) {
    return "CREATE INDEX IF NOT EXISTS " + database_.table(name) + " ON " + table_ + " " + over + ";\n";
  };
  database_.migrate(
      "CREATE TABLE IF NOT EXISTS " + table_ +
      " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, endpoint_key text NOT NULL, endpoint text NOT NULL,"
      " event_id text NOT NULL, event_type text NOT NULL, body text, status text NOT NULL DEFAULT 'pending',"
      " attempts integer NOT NULL DEFAULT 0, http_status integer, last_error text,"
      " created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),"
      " UNIQUE (event_id, endpoint_key));\n" +
      index("deliveries_by_status", "(status, id)") +
      index("deliveries_by_end", "(updated_at) WHERE status <> 'pending'"));
}

std::vector<delivery_store::addressed> delivery_store::add(const std::vector<webhook_endpoint>& endpoints,
                                                           const std::vector<std::size_t>& to, const delivery& what) {
  json receivers = json::array();
  for (const auto index : to) receivers.push_back({{"key", endpoints[index].key}, {"name", endpoints[index].name}});
  const auto rows =
      database_.query_all("INSERT INTO " + table_ +
                              " (endpoint_key, endpoint, event_id, event_type, body) SELECT key, name, $1, $2, $3"
                              " FROM jsonb_to_recordset($4::jsonb) AS receiver (key text, name text)"
                              " ON CONFLICT DO NOTHING RETURNING id, endpoint_key",
                          what.event_id, what.event_type, what.body, receivers);
  std::vector<addressed> added;
  for (const auto& row : rows) {
    auto& made = added.emplace_back(index_of(endpoints, row.get<std::string>("endpoint_key")), what);
    made.second.row = row.get<long long>("id");
  }
  return added;
}

std::vector<delivery_store::addressed> delivery_store::pending(const std::vector<webhook_endpoint>& endpoints) {
  database_.exec("UPDATE " + table_ +
                     " SET status = 'failed', body = NULL, updated_at = now(),"
                     " last_error = 'the endpoint is not configured any more'"
                     " WHERE status = 'pending' AND endpoint_key NOT IN (SELECT jsonb_array_elements_text($1::jsonb))",
                 keys_of(endpoints));
  std::vector<addressed> found;
  for (const auto& row : database_.query("SELECT id, endpoint_key, event_id, event_type, body, attempts FROM " +
                                         table_ + " WHERE status = 'pending' ORDER BY id"))
    found.emplace_back(
        index_of(endpoints, row.get<std::string>("endpoint_key")),
        delivery{row.get<long long>("id"), row.get<std::string>("event_id"), row.get<std::string>("event_type"),
                 row.get<std::string>("body"), row.get<int>("attempts")});
  return found;
}

void delivery_store::record(const delivery_record& outcome) {
  const auto error = outcome.error.empty() ? sql_param{nullptr} : sql_param{outcome.error};
  // The body is of use only as long as it may have to be sent.
  database_.exec("UPDATE " + table_ +
                     " SET status = $2, attempts = $3, http_status = $4, last_error = $5, updated_at = now(),"
                     " body = CASE WHEN $2 = 'pending' THEN body END WHERE id = $1",
                 outcome.row, outcome.status, outcome.attempts, outcome.http_status, error);
}

json delivery_store::find(const delivery_filter& filter) {
  // One row more than asked for tells whether there is a next page.
  const auto rows = database_.query_all(
      "SELECT id, endpoint, event_id, event_type, status, attempts, http_status, last_error, created_at, updated_at"
      " FROM " +
          table_ +
          " WHERE ($1::text IS NULL OR status = $1) AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
      filter.status, filter.before, filter.limit + 1);
  json page{{"deliveries", json::array()}};
  auto& deliveries = page["deliveries"];
  for (const auto& row : rows) {
    if (deliveries.size() == static_cast<std::size_t>(filter.limit)) {
      page["next"] = deliveries.back()["id"];
      break;
    }
    deliveries.push_back(to_json_object(row));
  }
  return page;
}

std::size_t delivery_store::drop_before(timestamp cutoff) {
  return database_.exec("DELETE FROM " + table_ + " WHERE id IN (SELECT id FROM " + table_ +
                            " WHERE status <> 'pending' AND updated_at < $1 ORDER BY updated_at LIMIT 10000)",
                        cutoff);
}

}  // namespace streamspace::builtin
