#include <condition_variable>
#include <mutex>

#include <cli/demo_checks.hpp>
#include <cli/demo_observer.hpp>
#include <cli/demo_receiver.hpp>
#include <cli/http_client.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/table_name.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/plugin_roles.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr milliseconds connect_timeout{5'000};
constexpr milliseconds statement_timeout{60'000};
constexpr milliseconds between_looks{25};
constexpr int audit_page = 1'000;

class observer {
 public:
  observer(const demo_places& places, const demo_record& record, const std::stop_token& stop)
      : places_{places},
        record_{record},
        stop_{stop},
        http_{places.url, stop},
        sql_{places.database_url, connect_timeout} {
    http_.set_token(places.admin_token);
    found_.to_be_refused = places.to_be_refused;
  }

  demo_observation look(milliseconds patience) {
    await_plugins(patience);
    look_at_tables();
    found_.audit_by_sql = audit_by_sql();
    found_.audit_by_rest = audit_by_rest();
    found_.analytics = analytics();
    found_.counted_by_sql = usage_by_sql();
    found_.deliveries = places_.receiver.deliveries();
    found_.wrong_signatures = places_.receiver.wrong_signatures();
    found_.plugins = plugins();
    return std::move(found_);
  }

 private:
  json get(const std::string& path) {
    const auto answer = http_.get(path);
    auto body = answer.json();
    if (answer.status != 200 || !body.is_object())
      throw error{ec::internal,
                  "GET " + path + " was answered " + std::to_string(answer.status) + " " + answer.body.substr(0, 300)};
    return body;
  }

  sql_result query(const std::string& text, sql_params params = {}) {
    return sql_.execute({text, std::move(params)}, statement_timeout);
  }

  /// A count as PostgreSQL has it now.
  std::int64_t count(const std::string& from) { return query("SELECT count(*) FROM " + from)[0].get<std::int64_t>(0); }

  void await_plugins(milliseconds patience) {
    const auto begin = clock::now();
    while (!(found_.caught_up = all_done()) && clock::now() - begin < patience) pause();
    found_.catch_up = std::chrono::duration_cast<duration>(clock::now() - begin);
  }

  bool all_done() {
    std::size_t to_deliver = 0;
    for (const auto step : demo_webhook_steps) to_deliver += record_.succeeded(step);
    if (places_.receiver.accepted() < to_deliver) return false;
    const auto emitted = record_.succeeded();
    for (const auto& p : plugins()) {
      if (p.queued > 0) return false;
      // What audit and the thrower hear is every event, so their counts tell that none is on its way to them.
      if ((p.name == "audit" || p.name == demo_thrower_name) && p.delivered + p.failed + p.dropped < emitted)
        return false;
    }
    return true;
  }

  /// Until the next look, or until `stop` is requested, which is thrown.
  void pause() {
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, stop_, between_looks, [] { return false; });
    if (stop_.stop_requested()) throw error{ec::unavailable, "the demo was told to stop"};
  }

  std::vector<seen_plugin> plugins() {
    std::vector<seen_plugin> all;
    const auto answer = get("/api/plugins");
    for (const auto& p : answer.at("plugins")) {
      const auto& c = p.at("counters");
      all.push_back({p.at("name").get<std::string>(), p.at("state").get<std::string>(),
                     c.at("delivered").get<std::uint64_t>(), c.at("failed").get<std::uint64_t>(),
                     c.at("dropped").get<std::uint64_t>(), c.at("queued").get<std::uint64_t>()});
    }
    return all;
  }

  void look_at_tables() {
    found_.users_in_table = count("users");
    found_.users_logged_in = count("users WHERE last_login IS NOT NULL");
    found_.sessions_in_table = count("sessions");
  }

  std::vector<seen_event> audit_by_sql() {
    std::vector<seen_event> events;
    for (const auto& row :
         query("SELECT event_id, type, CASE WHEN type LIKE 'session.%' THEN session_id ELSE user_id END"
               " AS subject, time FROM " +
               audit_ + " WHERE type LIKE 'session.%' OR type LIKE 'user.%' ORDER BY seq"))
      events.push_back({row.get<std::string>("event_id"), row.get<std::string>("type"),
                        row.get<std::optional<std::string>>("subject").value_or(""), row.get<timestamp>("time")});
    return events;
  }

  std::vector<seen_event> audit_by_rest() {
    std::vector<seen_event> events;
    std::int64_t after = 0;
    while (true) {
      const auto page =
          get("/api/plugins/audit/events?limit=" + std::to_string(audit_page) + "&after=" + std::to_string(after));
      for (const auto& e : page.at("events")) {
        const auto type = e.at("type").get<std::string>();
        const bool of_session = type.starts_with("session.");
        if (!of_session && !type.starts_with("user.")) continue;
        const auto& subject = e.at(of_session ? "session" : "user");
        events.push_back({e.at("id").get<std::string>(), type, subject.is_string() ? subject.get<std::string>() : "",
                          parse_rfc3339(e.at("time").get<std::string>()).value_or(timestamp{})});
      }
      if (!page.contains("next")) return events;
      const auto next = page.at("next").get<std::int64_t>();
      if (next <= after) throw error{ec::internal, "the audit log's pages do not go on after " + std::to_string(after)};
      after = next;
    }
  }

  demo_usage analytics() {
    // The window ends after the last event, so that all of them are in it.
    const auto window =
        "?since=" + to_rfc3339(record_.began) + "&until=" + to_rfc3339(record_.ended + std::chrono::seconds{1});
    const auto route = [&](const std::string& path) { return get("/api/plugins/analytics" + path + window); };
    return usage_of_analytics(route("/summary"), route("/sessions/hourly"), route("/sessions/templates"));
  }

  demo_usage usage_by_sql() {
    const auto of_type = [&](demo_step step) {
      return audit_ + " WHERE type = '" + std::string{event_type_of(step)} + "'";
    };
    demo_usage usage;
    usage.created = count(of_type(demo_step::create_session));
    usage.ended = count(of_type(demo_step::stop));
    usage.active_users =
        query("SELECT count(DISTINCT user_id) FROM " + audit_ +
              " WHERE type IN ('user.login', 'session.created', 'session.started', 'session.woken')")[0]
            .get<std::int64_t>(0);
    for (const auto& row :
         query("SELECT data->>'template_name', count(*) FROM " + of_type(demo_step::create_session) + " GROUP BY 1"))
      usage.templates[row.get<std::string>(0)] = row.get<std::int64_t>(1);
    hours_by_sql(usage);
    runs_by_sql(usage);
    return usage;
  }

  void hours_by_sql(demo_usage& usage) {
    const auto rows = query(
        "SELECT date_trunc('hour', CASE type WHEN 'session.created' THEN (data->>'created_at')::timestamptz ELSE time "
        "END),"
        " count(*) FILTER (WHERE type = 'session.created'), count(*) FILTER (WHERE type = 'session.started'),"
        " count(*) FILTER (WHERE type = 'session.stopped') FROM " +
        audit_ + " WHERE type IN ('session.created', 'session.started', 'session.stopped') GROUP BY 1");
    for (const auto& row : rows)
      usage.hours[to_rfc3339(row.get<timestamp>(0))] = {row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                                                        row.get<std::int64_t>(3)};
  }

  /// A session runs from its start to its hibernation and from its waking to its stop.
  void runs_by_sql(demo_usage& usage) {
    const auto row = query(
        "SELECT count(*) FILTER (WHERE stopped), coalesce(sum(ran) FILTER (WHERE stopped), 0),"
        " coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ran) FILTER (WHERE stopped), 0),"
        " count(*) FILTER (WHERE runs) FROM (SELECT session_id, bool_or(type = 'session.stopped') AS stopped,"
        " sum(CASE WHEN type IN ('session.hibernated', 'session.stopped') THEN 1 ELSE -1 END"
        "   * extract(epoch FROM time)) AS ran,"
        " count(*) FILTER (WHERE type IN ('session.started', 'session.woken'))"
        "   > count(*) FILTER (WHERE type IN ('session.hibernated', 'session.stopped')) AS runs FROM " +
        audit_ +
        " WHERE type IN ('session.started', 'session.hibernated', 'session.woken', 'session.stopped')"
        " GROUP BY session_id) AS sessions")[0];
    usage.ran = row.get<std::int64_t>(0);
    usage.running_seconds = row.get<double>(1);
    usage.median_seconds = row.get<double>(2);
    usage.running = row.get<std::int64_t>(3);
  }

  const demo_places& places_;
  const demo_record& record_;
  const std::stop_token& stop_;
  http_client http_;
  pg_connection sql_;
  const std::string audit_ = place_of_plugin("audit", {}).schema + "." + plugin_table_name("audit", "events");
  std::mutex mutex_;
  std::condition_variable_any wake_;
  demo_observation found_;
};

}  // namespace

demo_observation observe(const demo_places& places, const demo_record& record, milliseconds patience,
                         const std::stop_token& stop) {
  try {
    return observer{places, record, stop}.look(patience);
  } catch (const json::exception& e) {
    throw error{ec::internal, std::string{"an answer of the platform is not as it should be: "} + e.what()};
  }
}

}  // namespace streamspace
