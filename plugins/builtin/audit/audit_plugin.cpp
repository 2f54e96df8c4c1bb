#include <optional>

#include <streamspace/plugin.hpp>
#include <streamspace/plugins/builtin/audit/audit_store.hpp>
#include <streamspace/plugins/builtin/shared/config_values.hpp>
#include <streamspace/plugins/builtin/shared/event_keeper.hpp>

namespace streamspace::builtin {

namespace {

plugin_manifest audit_manifest() {
  return json::parse(R"json({
    "name": "audit",
    "version": "1.0.0",
    "displayName": "Audit Log",
    "description": "Keeps every event of the platform, each exactly once and in order, and answers who did what and when.",
    "author": "StreamSpace",
    "license": "MIT",
    "type": "system",
    "category": "Security",
    "tags": ["audit", "compliance", "events"],
    "icon": "shield",
    "permissions": ["plugin.audit.read"],
    "configSchema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "retentionDays": {
          "type": "integer", "minimum": 0, "maximum": 36500, "default": 0, "title": "Retention (days)",
          "description": "Entries older than this are dropped; 0 keeps them for ever."
        }
      }
    },
    "defaultConfig": {"retentionDays": 0}
  })json")
      .get<plugin_manifest>();
}

}  // namespace

/// Writes every event into its own table: a row an event, durable when the handler returns. A redelivered event changes
/// nothing.
class audit_plugin final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    const auto retention_days = read_retention_days(ctx.config(), 0);
    store_.emplace(ctx.database());
    store_->prepare();
    keeper_.emplace(keeper::tables{[this](const audit_entry& entry) { store_->add(entry); },
                                   [this](timestamp cutoff) { return store_->drop_before(cutoff); }},
                    retention_days);

    ctx.events().on(">", [this, &ctx](const event& e) { keeper_->keep(ctx.logger(), make_audit_entry(e), now()); });
    ctx.api()
        .get("/events", [this](const request& rq) { return response{store_->find(read_audit_filter(rq))}; })
        .permission("plugin.audit.read")
        .describe("Events in the order of keeping; filters type (or a pattern), user, session, since; pages by after");
    ctx.api()
        .get("/events/:id", [this](const request& rq) { return one_event(rq); })
        .permission("plugin.audit.read")
        .describe("One event by its id");
    ctx.ui().admin_page({.id = "audit-log",
                         .title = "Audit log",
                         .path = "/events",
                         .component = "AuditLogPage",
                         .icon = "shield",
                         .permissions = {"plugin.audit.read"},
                         .order = 100});
    ctx.ui().menu_item({.id = "audit-log",
                        .label = "Audit log",
                        .path = "/admin/plugins/audit/events",
                        .icon = "shield",
                        .order = 100,
                        .permissions = {"plugin.audit.read"}});
  }

  void on_enable(plugin_context& ctx) override { keeper_->begin(ctx.logger(), now()); }
  void on_disable(plugin_context& ctx) override { keeper_->finish(ctx.logger()); }

 private:
  using keeper = event_keeper<audit_entry>;

  response one_event(const request& rq) {
    auto found = store_->find(rq.param("id"));
    if (!found)
      throw error{ec::not_found, "the audit log has no event '" + std::string{rq.param("id").substr(0, 80)} + "'"};
    return *std::move(found);
  }

  std::optional<audit_store> store_;
  std::optional<keeper> keeper_;
};

STREAMSPACE_BUILTIN_PLUGIN(audit_plugin, audit_manifest());

}  // namespace streamspace::builtin
