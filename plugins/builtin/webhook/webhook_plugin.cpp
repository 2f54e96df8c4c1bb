#include <algorithm>
#include <numeric>
#include <optional>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugin.hpp>
#include <streamspace/plugins/builtin/shared/log_limit.hpp>
#include <streamspace/plugins/builtin/shared/redaction.hpp>
#include <streamspace/plugins/builtin/shared/retention.hpp>
#include <streamspace/plugins/builtin/webhook/delivery_worker.hpp>

namespace streamspace::builtin {

namespace {

constexpr std::chrono::seconds patience_at_disable{5};
constexpr int events_between_passes = 1'000;
constexpr std::chrono::minutes between_drop_lines{1};

plugin_manifest webhook_manifest() {
  return json::parse(R"json({
    "name": "webhook",
    "version": "1.0.0",
    "displayName": "Webhooks",
    "description": "Posts events as JSON to URLs of yours: signed, in order for each endpoint, and tried again until they arrive.",
    "author": "StreamSpace",
    "license": "MIT",
    "type": "webhook",
    "category": "Integrations",
    "tags": ["webhook", "http", "notifications", "integration"],
    "icon": "webhook",
    "permissions": ["network", "plugin.webhook.read", "plugin.webhook.manage"],
    "configSchema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "endpoints": {
          "type": "array", "maxItems": 50, "default": [], "title": "Endpoints",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["url", "events"],
            "properties": {
              "name": {"type": "string", "minLength": 1, "maxLength": 100, "title": "Name",
                "description": "What lists and logs call it; else the URL's scheme, host and port."},
              "url": {"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": 2000, "title": "URL"},
              "events": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 50, "title": "Events",
                "description": "Types or patterns: session.created, session.*, session.>"},
              "secret": {"type": "string", "format": "password", "maxLength": 2000, "title": "Secret",
                "description": "Deliveries are signed with it: X-StreamSpace-Signature is the HMAC-SHA256 of timestamp.body."},
              "headers": {"type": "object", "format": "password", "maxProperties": 50, "title": "Headers",
                "description": "Of each request; they may hold credentials, so they are not shown.",
                "additionalProperties": {"type": "string", "maxLength": 2000}},
              "timeoutMs": {"type": "integer", "minimum": 10, "maximum": 120000, "default": 5000,
                "title": "Timeout of an attempt (ms)"},
              "maxAttempts": {"type": "integer", "minimum": 1, "maximum": 100, "default": 5, "title": "Attempts at most"}
            }
          }
        },
        "ratePerSecond": {"type": "number", "minimum": 0.01, "maximum": 100000, "default": 100,
          "title": "Attempts a second, to each endpoint"},
        "queueLimit": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 10000,
          "title": "Waiting deliveries, for each endpoint", "description": "Events beyond it are dropped and counted."},
        "firstPauseMs": {"type": "integer", "minimum": 1, "maximum": 3600000, "default": 1000,
          "title": "Pause before the second attempt (ms)", "description": "It doubles with each further attempt."},
        "longestPauseMs": {"type": "integer", "minimum": 1, "maximum": 3600000, "default": 60000,
          "title": "Longest pause between attempts (ms)"},
        "retentionDays": {"type": "integer", "minimum": 0, "maximum": 36500, "default": 30,
          "title": "Retention of finished deliveries (days)", "description": "0 keeps them for ever."},
        "proxy": {"type": "string", "default": "", "title": "Proxy",
          "description": "URL of an HTTP proxy; empty for none."}
      }
    },
    "defaultConfig": {"endpoints": [], "ratePerSecond": 100, "queueLimit": 10000, "firstPauseMs": 1000,
      "longestPauseMs": 60000, "retentionDays": 30, "proxy": ""}
  })json")
      .get<plugin_manifest>();
}

}  // namespace

/// Posts each event that an endpoint asked for. A delivery is a row before the event's handler returns, so it outlives
/// the process: what is pending goes on when the plugin is enabled the next time. An endpoint may get a delivery twice
/// (its answer was lost); X-StreamSpace-Delivery tells. Members that name a secret are sent as "***".
class webhook_plugin final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    config_ = read_webhook_config(ctx.config());
    store_.emplace(ctx.database());
    store_->prepare();
    retention_.emplace(config_.retention_days, events_between_passes);

    subscribe(ctx);
    ctx.api()
        .get("/deliveries", [this](const request& rq) { return response{store_->find(read_delivery_filter(rq))}; })
        .permission("plugin.webhook.read")
        .describe("Deliveries and what became of them, newest first (?status=&limit=&before=)");
    ctx.api()
        .get("/stats", [this](const request&) { return response{stats()}; })
        .permission("plugin.webhook.read")
        .describe("Counts since the plugin was loaded");
    ctx.api()
        .post("/test", [this, &ctx](const request&) { return test(ctx); })
        .permission("plugin.webhook.manage")
        .describe("Sends a test event to every endpoint, whatever it asked for");
    ctx.ui().admin_page({.id = "webhook-deliveries",
                         .title = "Webhook deliveries",
                         .path = "/deliveries",
                         .component = "WebhookDeliveriesPage",
                         .icon = "webhook",
                         .menu_label = "Webhooks",
                         .permissions = {"plugin.webhook.read"},
                         .order = 200});
  }

  void on_enable(plugin_context& ctx) override {
    if (const auto cutoff = retention_->cutoff(now())) store_->drop_before(*cutoff);
    worker_.emplace(config_, *store_, ctx.logger(), counters_, "StreamSpace-Webhook/" + ctx.manifest().version,
                    store_->pending(config_.endpoints));
  }

  void on_disable(plugin_context&) override {
    if (worker_) worker_->stop(patience_at_disable);
    worker_.reset();
  }

  void on_unload(plugin_context&) override { worker_.reset(); }

 private:
  /// One subscription for each pattern that endpoints name. An event that several of them match is taken once, by the
  /// first.
  void subscribe(plugin_context& ctx) {
    for (const auto& endpoint : config_.endpoints)
      for (const auto& pattern : endpoint.events)
        if (std::find(patterns_.begin(), patterns_.end(), pattern) == patterns_.end()) patterns_.push_back(pattern);
    for (const auto& pattern : patterns_)
      ctx.events().on(pattern, [this, &ctx, pattern](const event& e) {
        const auto first = std::find_if(patterns_.begin(), patterns_.end(),
                                        [&](const auto& other) { return matches(other, e.type()); });
        if (*first == pattern) take(ctx, e);
      });
  }

  void take(plugin_context& ctx, const event& e) {
    std::vector<std::size_t> receivers;
    for (std::size_t i = 0; i < config_.endpoints.size(); ++i)
      if (config_.endpoints[i].wants(e.type())) receivers.push_back(i);
    send(ctx, e, receivers);
    if (const auto cutoff = retention_->after_event(now())) store_->drop_before(*cutoff);
  }

  /// How many deliveries were queued.
  std::size_t send(plugin_context& ctx, const event& e, const std::vector<std::size_t>& receivers) {
    std::vector<std::size_t> to;
    for (const auto i : receivers) {
      if (worker_->has_room(i))
        to.push_back(i);
      else
        drop(ctx, config_.endpoints[i]);
    }
    if (to.empty()) return 0;
    auto added = store_->add(config_.endpoints, to, {0, e.id(), e.type(), redacted(e.envelope()).dump(), 0});
    for (auto& d : added) worker_->add(std::move(d));
    return added.size();
  }

  void drop(plugin_context& ctx, const webhook_endpoint& endpoint) {
    ++counters_.dropped;
    if (const auto count = drop_lines_.count(log_limit::clock::now()))
      ctx.logger().error("events were dropped: too many deliveries wait for an endpoint",
                         {{"endpoint", endpoint.name}, {"queueLimit", config_.queue_limit}, {"dropped", *count}});
  }

  json stats() const {
    return {{"delivered", counters_.delivered.load()},
            {"failed", counters_.failed.load()},
            {"retried", counters_.retried.load()},
            {"queued", worker_->queued()},
            {"dropped", counters_.dropped.load()}};
  }

  response test(plugin_context& ctx) {
    if (config_.endpoints.empty())
      throw error{ec::conflict, "no endpoint is configured; add one to the configuration at /endpoints"};
    event e{"plugin.webhook.test", json{{"message", "A test of this webhook."}}};
    e.set_source(ctx.name());
    std::vector<std::size_t> all(config_.endpoints.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto queued = send(ctx, e, all);
    return {json{{"event", e.id()}, {"queued", queued}}, 202};
  }

  webhook_config config_;
  std::vector<std::string> patterns_;
  std::optional<delivery_store> store_;
  std::optional<retention> retention_;
  webhook_counters counters_;
  log_limit drop_lines_{between_drop_lines};
  std::optional<delivery_worker> worker_;
};

STREAMSPACE_BUILTIN_PLUGIN(webhook_plugin, webhook_manifest());

}  // namespace streamspace::builtin
