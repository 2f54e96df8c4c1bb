#include <optional>

#include <streamspace/plugin.hpp>
#include <streamspace/plugins/builtin/analytics/session_history.hpp>
#include <streamspace/plugins/builtin/analytics/session_statistics.hpp>
#include <streamspace/plugins/builtin/shared/config_values.hpp>
#include <streamspace/plugins/builtin/shared/event_keeper.hpp>

namespace streamspace::builtin {

namespace {

plugin_manifest analytics_manifest() {
  return json::parse(R"json({
    "name": "analytics",
    "version": "1.0.0",
    "displayName": "Analytics",
    "description": "Counts sessions by hour and template, how long they run, how many at once, and who is active.",
    "author": "StreamSpace",
    "license": "MIT",
    "type": "extension",
    "category": "Analytics",
    "tags": ["analytics", "sessions", "users", "dashboard"],
    "icon": "chart",
    "permissions": ["plugin.analytics.read"],
    "configSchema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "windowHours": {
          "type": "integer", "minimum": 1, "maximum": 8784, "default": 24, "title": "Usual window (hours)",
          "description": "What is answered for when a request names no beginning."
        },
        "retentionDays": {
          "type": "integer", "minimum": 0, "maximum": 36500, "default": 0, "title": "Retention (days)",
          "description": "Sessions that ended longer ago, and logins older than this, are dropped; 0 keeps them for ever."
        }
      }
    },
    "defaultConfig": {"windowHours": 24, "retentionDays": 0}
  })json")
      .get<plugin_manifest>();
}

}  // namespace

/// Statistics of sessions and users, from its own tables only. In which order the events come, and how often, changes
/// nothing in the outcome.
class analytics_plugin final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    usual_window_ = std::chrono::hours{read_bounded<int>(ctx.config(), "/windowHours", 24, 1, 8784)};
    const auto retention_days = read_retention_days(ctx.config(), 0);
    history_.emplace(ctx.database());
    history_->prepare();
    keeper_.emplace(keeper::tables{[this](const activity& a) { history_->add(a); },
                                   [this](timestamp cutoff) { return history_->drop_before(cutoff); }},
                    retention_days);
    statistics_.emplace(ctx.database());

    route(ctx, "/summary", &session_statistics::summary, "Sessions, users, durations and templates in a window");
    route(ctx, "/sessions/hourly", &session_statistics::hourly, "Sessions made, started and ended, hour by hour");
    route(ctx, "/sessions/templates", &session_statistics::templates, "Sessions and running time by template");
    route(ctx, "/sessions/durations", &session_statistics::durations, "How long sessions ran: average, p50, p95, max");
    route(ctx, "/users/active", &session_statistics::active_users, "Distinct active users, in all and day by day");
    ctx.ui().widget({.id = "session-activity",
                     .title = "Session activity",
                     .component = "SessionActivityWidget",
                     .position = "top",
                     .width = "half",
                     .icon = "chart",
                     .permissions = {"plugin.analytics.read"}});
  }

  void on_enable(plugin_context& ctx) override { keeper_->begin(ctx.logger(), now()); }
  void on_disable(plugin_context& ctx) override { keeper_->finish(ctx.logger()); }

  void on_session_created(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::created); }
  void on_session_started(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::started); }
  void on_session_stopped(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::stopped); }
  void on_session_hibernated(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::hibernated); }
  void on_session_woken(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::woken); }
  void on_session_deleted(plugin_context& ctx, const session& s) override { keep(ctx, s, session_step::deleted); }

  void on_user_login(plugin_context& ctx, const user& u) override {
    const auto& cause = *ctx.current_event();
    keeper_->keep(ctx.logger(), {cause.id(), cause.time(), u.id, {}, {}, {}, {}}, now());
  }

 private:
  using keeper = event_keeper<activity>;

  void keep(plugin_context& ctx, const session& s, session_step step) {
    const auto& cause = *ctx.current_event();
    // A session that nobody dated was made when its first event says so.
    const auto created = s.created_at == timestamp{} ? std::optional<timestamp>{} : s.created_at;
    keeper_->keep(ctx.logger(), {cause.id(), cause.time(), s.user_id, step, s.id, s.template_name, created}, now());
  }

  void route(plugin_context& ctx, std::string path, json (session_statistics::*answer)(const time_window&),
             std::string description) {
    ctx.api()
        .get(std::move(path),
             [this, answer](const request& rq) {
               return response{((*statistics_).*answer)(read_time_window(rq, now(), usual_window_))};
             })
        .permission("plugin.analytics.read")
        .describe(std::move(description) + " (?since=&until=)");
  }

  std::chrono::hours usual_window_{24};
  std::optional<session_history> history_;
  std::optional<session_statistics> statistics_;
  std::optional<keeper> keeper_;
};

STREAMSPACE_BUILTIN_PLUGIN(analytics_plugin, analytics_manifest());

}  // namespace streamspace::builtin
