#include <support/plugin_test_bed.hpp>

#include <streamspace/http/target.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace::testing {

namespace {

/// Keeps what the plugin emits, and says that nobody listens.
class event_book final : public event_port {
 public:
  explicit event_book(std::shared_ptr<std::vector<event_ptr>> kept) : kept_{std::move(kept)} {}
  emit_report emit(event&& e) override { return keep(std::move(e)), emit_report{}; }
  sync_report emit_sync(event&& e, std::chrono::milliseconds) override { return keep(std::move(e)), sync_report{}; }
  void emit_then(event&& e, std::chrono::milliseconds, std::function<void(sync_report)> done) override {
    keep(std::move(e));
    done({});
  }

 private:
  void keep(event e) { kept_->push_back(std::make_shared<const event>(std::move(e))); }

  std::shared_ptr<std::vector<event_ptr>> kept_;
};

/// Keeps what the plugin wants to have done in a later turn.
class turn_book final : public turn_port {
 public:
  explicit turn_book(std::shared_ptr<std::vector<std::function<void()>>> kept) : kept_{std::move(kept)} {}
  void post(std::function<void()> task) override { kept_->push_back(std::move(task)); }

 private:
  std::shared_ptr<std::vector<std::function<void()>>> kept_;
};

json with_defaults(const plugin_manifest& manifest, const json& config) {
  json merged = manifest.default_config;
  merged.merge_patch(config);
  return merged;
}

}  // namespace

plugin_test_bed::plugin_test_bed(plugin_factory factory, plugin_test_setup with) : storage_{with.storage} {
  plugin_services services;
  services.events = std::make_shared<event_book>(emitted_);
  services.turns = std::make_shared<turn_book>(posted_);
  services.database = std::move(with.database);
  services.storage = std::move(with.storage);
  services.log = [book = log_book_](log_record record) {
    std::lock_guard lock{book->mutex};
    book->records.push_back(std::move(record));
  };
  services.threshold->store(log_level::debug);
  registration_sink& sink = *this;
  auto config = with_defaults(factory.manifest, with.config);
  instance_ = std::make_unique<plugin_instance>(std::move(factory), std::move(config), std::move(services), sink);
}

plugin_test_bed::~plugin_test_bed() {
  if (enabled_) disable();
  if (loaded_) unload();
}

call_outcome plugin_test_bed::load() {
  loaded_ = true;
  auto outcome = instance_->load();
  if (outcome.ok()) outcome = enable();
  if (!outcome.ok()) unload();
  return outcome;
}

call_outcome plugin_test_bed::enable() {
  auto outcome = instance_->enable();
  enabled_ = outcome.ok();
  return outcome;
}

call_outcome plugin_test_bed::disable() {
  enabled_ = false;
  return instance_->disable();
}

call_outcome plugin_test_bed::unload() {
  loaded_ = enabled_ = false;
  subscriptions_.clear();
  publish(std::vector<plugin_route_ptr>{});
  components_.clear();
  return instance_->unload();
}

std::vector<call_outcome> plugin_test_bed::emit(const event& e) {
  std::vector<call_outcome> outcomes;
  if (!enabled_) return outcomes;
  const auto reached = subscriptions_;
  for (const auto& target : reached)
    if (matches(target->pattern, e.type())) outcomes.push_back(instance_->handle(*target, e));
  return outcomes;
}

std::vector<call_outcome> plugin_test_bed::run_posted() {
  std::vector<call_outcome> outcomes;
  for (const auto& task : std::exchange(*posted_, {})) outcomes.push_back(instance_->run(task));
  return outcomes;
}

void plugin_test_bed::publish(const std::vector<plugin_route_ptr>& routes) {
  routes_ = routes;
  std::vector<route> list;
  for (const auto& r : routes_) list.push_back({r->method, r->path, list.size()});
  std::vector<router::refused_route> refused;
  router_ = router::build(list, refused);
  if (!refused.empty()) throw error{ec::already_exists, refused.front().why};
}

response plugin_test_bed::call(std::string_view method, std::string_view target, const json& body) {
  if (!enabled_) return response::problem(503, to_string(ec::unavailable), "the plugin is not enabled");
  auto parsed = parse_target(target);
  if (!parsed) return response::from_error(parsed.error());
  auto found = router_.match(method, parsed->path);
  if (found.what != route_match::outcome::matched)
    return response::problem(404, to_string(ec::not_found), "no route " + std::string{method} + " " + parsed->path);
  const auto chosen = routes_[found.index];
  for (const auto& permission : chosen->permissions) {
    if (!caller.signed_in()) return response::problem(401, to_string(ec::unauthenticated), "sign in");
    if (!caller.may(permission)) return response::problem(403, to_string(ec::permission_denied), permission);
  }
  request rq;
  rq.method = method;
  rq.path = std::move(parsed->path);
  rq.params = std::move(found.params);
  rq.queries = std::move(parsed->queries);
  if (!body.is_null()) rq.body = body.dump();
  rq.caller = caller;
  response answered{503};
  responder answer{[&](response r) { answered = std::move(r); }};
  static_cast<void>(instance_->handle(*chosen, rq, answer));
  return answered;
}

std::vector<log_record> plugin_test_bed::logs() const {
  std::lock_guard lock{log_book_->mutex};
  return log_book_->records;
}

std::string plugin_test_bed::log_text() const {
  std::string text;
  for (const auto& record : logs()) text += to_json_line(record) + '\n';
  return text;
}

}  // namespace streamspace::testing
