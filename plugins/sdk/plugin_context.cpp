#include <algorithm>

#include <streamspace/messages/names.hpp>
#include <streamspace/messages/plugin_needs.hpp>
#include <streamspace/plugins/sdk/plugin_context.hpp>

namespace streamspace {

plugin_context::plugin_context(plugin_manifest manifest, json config, plugin_services services)
    : manifest_{std::move(manifest)},
      config_{std::move(config)},
      source_{std::make_shared<const std::string>(manifest_.name)},
      event_port_{std::move(services.events)},
      event_log_{std::move(services.event_log)},
      turns_{std::move(services.turns)},
      actor_system_{services.actors},
      awaited_{std::make_shared<awaited_reports>(turns_)},
      peers_{std::move(services.peers)},
      watches_{std::make_shared<storage_watches>(services.storage, turns_)},
      registrations_{manifest_.name},
      events_{*this},
      api_{*this},
      ui_{*this},
      storage_{std::move(services.storage), this},
      database_{manifest_.name, std::move(services.database), services.database_deadline, awaited_, event_log_},
      logger_{manifest_.name, std::move(services.log), std::move(services.threshold)} {}

void plugin_context::demand_turn(std::string_view call) const {
  if (!in_turn())
    throw error{ec::not_in_turn, std::string{call} + " of plugin " + name() +
                                     " was called outside of the plugin's turn; call it from a hook or a handler"};
}

registrations& plugin_context::registered(std::string_view call) {
  demand_turn(call);
  return registrations_;
}

namespace {

bool depends_on(const plugin_manifest& manifest, const std::string& other) {
  const auto needs = needs_of(manifest);
  return std::any_of(needs.begin(), needs.end(), [&](const plugin_need& need) { return need.name == other; });
}

}  // namespace

void plugin_context::offer(service_type type, std::shared_ptr<void> object) {
  auto& registered = this->registered("provide");
  if (!object) throw error{ec::invalid_argument, "the service " + type.text() + " is null"};
  registered.add_service({std::move(type), std::move(object)});
}

service_link plugin_context::link_to(std::string provider, service_type type,
                                     std::chrono::milliseconds deadline) const {
  if (!depends_on(manifest_, provider))
    throw error{ec::invalid_argument, "plugin " + name() + " asks for the service " + type.text() + " of plugin " +
                                          provider.substr(0, 80) +
                                          ", on which its manifest does not depend; name it in \"dependencies\", or in "
                                          "\"optionalDependencies\" if it may be missing"};
  return {peers_, awaited_, registrations_.code(), {std::move(provider), std::move(type), deadline}};
}

service_link plugin_context::linked(std::string provider, service_type type, std::chrono::milliseconds deadline) const {
  auto link = link_to(std::move(provider), std::move(type), deadline);
  value_or_raise(link.call([](void*) {}));
  return link;
}

std::optional<service_link> plugin_context::found(std::string provider, service_type type,
                                                  std::chrono::milliseconds deadline) const {
  auto link = link_to(std::move(provider), std::move(type), deadline);
  const auto there = link.call([](void*) {});
  if (there) return link;
  if (there.error().code() == ec::not_found || there.error().code() == ec::unavailable) return std::nullopt;
  raise(there.error());
}

responder plugin_context::take_responder() {
  demand_turn("take_responder");
  if (!responder_ || !*responder_)
    throw error{ec::conflict, "there is no request of plugin " + name() + " to answer, or its answer has been taken"};
  return std::move(*responder_);
}

caf::actor_system& plugin_context::actor_system() const {
  if (!actor_system_)
    throw error{ec::unavailable, "plugin " + name() + " cannot have actors here; run it in a runtime"};
  return *actor_system_;
}

void plugin_context::start(plugin_task task) {
  demand_turn("start");
  plugin_task::go_on(std::move(task));
}

namespace {

void demand_not_both(bool once, bool durable) {
  if (once && durable)
    throw error{ec::invalid_argument, "a subscription for one event cannot be durable: what is left of it is nobody's"};
}

}  // namespace

subscription_ref& subscription_ref::priority(int p) noexcept {
  subscription_.priority = p;
  return *this;
}

subscription_ref& subscription_ref::once() {
  demand_not_both(true, subscription_.durable.has_value());
  subscription_.once = true;
  return *this;
}

subscription_ref& subscription_ref::durable(std::string name, durable_options how) {
  demand_not_both(subscription_.once, true);
  if (!is_event_type(name))
    throw error{ec::invalid_argument, "'" + name.substr(0, 80) +
                                          "' cannot name a durable subscription: use 1 to 200 letters, digits, '_', "
                                          "'-' and dots between them"};
  if (how.attempts < 1 || how.batch < 1 || how.batch > event_log_filter::longest || how.first_pause.count() < 0 ||
      how.longest_pause < how.first_pause)
    throw error{ec::invalid_argument, "durable subscription " + name +
                                          " needs 1 attempt or more, a batch of 1 to 1000, and pauses that are not "
                                          "below zero, the longest not shorter than the first"};
  subscription_.durable = subscription::durability{std::move(name), how};
  return *this;
}

subscription_ref& subscription_ref::where(std::string_view condition) {
  subscription_.filter = value_or_raise(event_filter::parse(condition));
  return *this;
}

subscription_ref& subscription_ref::overflow(overflow_policy policy) noexcept {
  subscription_.overflow = policy;
  return *this;
}

subscription_ref plugin_events::on(std::string pattern, event_handler handler) {
  return subscription_ref{owner_.registered("events().on").subscribe(std::move(pattern), std::move(handler))};
}

std::size_t plugin_events::off(std::string_view pattern) {
  return owner_.registered("events().off").unsubscribe(pattern);
}

event plugin_events::own_event(std::string_view event_name, json data) const {
  event made{"plugin." + owner_.name() + "." + std::string{event_name}, std::move(data)};
  made.set_source(owner_.source_);
  return made;
}

emit_report plugin_events::emit(std::string_view event_name, json data) {
  return owner_.event_port_->emit(own_event(event_name, std::move(data)));
}

emit_report plugin_events::emit_platform(std::string type, event::payload_type payload) {
  constexpr std::string_view prefix = "emit:";
  const auto& permissions = owner_.manifest().permissions;
  const auto allows = [&](const std::string& permission) {
    return permission.starts_with(prefix) && matches(std::string_view{permission}.substr(prefix.size()), type);
  };
  if (type.starts_with("plugin.") || std::none_of(permissions.begin(), permissions.end(), allows))
    throw error{ec::permission_denied, "plugin " + owner_.name() + " may not emit '" + type.substr(0, 80) +
                                           "'; its manifest needs the permission 'emit:" + type.substr(0, 80) + "'"};
  event made{std::move(type), std::move(payload)};
  made.set_source(owner_.source_);
  return owner_.event_port_->emit(std::move(made));
}

event_log_port& plugin_events::log() const {
  if (!owner_.event_log_)
    throw error{ec::unavailable, "there is no event log, as this runtime has no database; set its database_url"};
  return *owner_.event_log_;
}

emit_report plugin_events::emit_durable(std::string_view event_name, json data) {
  return log().emit(own_event(event_name, std::move(data)));
}

event_log_page plugin_events::history(const event_log_filter& which) const {
  return log().read(which);
}

std::size_t plugin_events::replay(event_log_filter which, const std::function<void(const logged_event&)>& handler) {
  if (!handler) throw error{ec::invalid_argument, "replay needs a handler for the events"};
  if (which.newest_first || which.before)
    throw error{ec::invalid_argument,
                "events are replayed the oldest first; say where to begin and to end with "
                "after, from_number, since and until"};
  const auto until = log().read({.limit = 1, .newest_first = true});
  const auto last = until.events.empty() ? log_position{} : until.events.front().at;
  std::size_t replayed = 0;
  for (which.limit = event_log_filter::longest;;) {
    const auto page = log().read(which);
    for (const auto& e : page.events) {
      if (e.at > last) return replayed;
      handler(e);
      ++replayed;
    }
    if (page.at_end || page.looked_up_to >= last) return replayed;
    which.after = page.looked_up_to;
  }
}

sync_report plugin_events::emit_sync(std::string_view event_name, json data, std::chrono::milliseconds deadline) {
  return owner_.event_port_->emit_sync(own_event(event_name, std::move(data)), deadline);
}

void plugin_events::emit_then(std::string_view event_name, json data, std::chrono::milliseconds deadline,
                              std::function<void(sync_report)> done) {
  if (!done) throw error{ec::invalid_argument, "emit_then needs a function that takes the report"};
  auto made = own_event(event_name, std::move(data));
  owner_.event_port_->emit_then(std::move(made), deadline, owner_.awaited().expect(std::move(done)));
}

route_ref& route_ref::permission(std::string name) {
  route_.permissions.push_back(std::move(name));
  return *this;
}

route_ref& route_ref::describe(std::string text) {
  route_.description = std::move(text);
  return *this;
}

route_ref& route_ref::use(middleware wrapper) {
  route_.chain.push_back(std::move(wrapper));
  return *this;
}

route_ref plugin_api::add(std::string method, std::string path, route_handler handler) {
  return route_ref{owner_.registered("api()").add_route(
      {.method = std::move(method), .path = std::move(path), .handler = std::move(handler)})};
}

route_ref plugin_api::add(std::string method, std::string path, deferred_handler handler) {
  if (!handler) return add(std::move(method), std::move(path), route_handler{});
  return add(std::move(method), std::move(path), [this, handler = std::move(handler)](const request& rq) {
    handler(rq, owner_.take_responder());
    return response{202};
  });
}

void plugin_api::register_endpoint(endpoint_options options) {
  owner_.registered("api().register_endpoint")
      .add_route({.method = std::move(options.method),
                  .path = std::move(options.path),
                  .handler = std::move(options.handler),
                  .chain = std::move(options.chain),
                  .permissions = std::move(options.permissions),
                  .description = std::move(options.description)});
}

bool plugin_api::unregister(std::string_view method, std::string_view path) {
  return owner_.registered("api().unregister").remove_route(method, path);
}

registrations& plugin_storage::registered(std::string_view call) const {
  if (!owner_) throw error{ec::not_in_turn, std::string{call} + " is for the storage that a plugin has in its turn"};
  return owner_->registered(call);
}

void plugin_storage::watch(std::string prefix, storage_change_handler handler) {
  auto& registered = this->registered("storage().watch");
  if (!handler) throw error{ec::invalid_argument, "the handler for storage keys '" + prefix + "' is empty"};
  auto made = std::make_shared<storage_watch>(storage_watch{std::move(prefix), std::move(handler)});
  owner_->watches().add(made);
  registered.add_watch(std::move(made));
}

std::size_t plugin_storage::unwatch(std::string_view prefix) {
  return registered("storage().unwatch").remove_watches(prefix);
}

void plugin_ui::widget(const streamspace::widget& w) {
  owner_.registered("ui().widget").add_component(make_component(owner_.name(), ui_kind::widget, w));
}

void plugin_ui::admin_widget(const streamspace::widget& w) {
  owner_.registered("ui().admin_widget").add_component(make_component(owner_.name(), ui_kind::admin_widget, w));
}

void plugin_ui::page(const streamspace::page& p) {
  owner_.registered("ui().page").add_component(make_component(owner_.name(), p));
}

void plugin_ui::admin_page(const streamspace::admin_page& p) {
  owner_.registered("ui().admin_page").add_component(make_component(owner_.name(), p));
}

void plugin_ui::menu_item(const streamspace::menu_item& m) {
  owner_.registered("ui().menu_item").add_component(make_component(owner_.name(), m));
}

bool plugin_ui::unregister(ui_kind kind, std::string_view id) {
  return owner_.registered("ui().unregister").remove_component(kind, id);
}

}  // namespace streamspace
