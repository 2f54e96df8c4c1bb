#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <streamspace/messages/json_overlay.hpp>
#include <streamspace/plugins/testing/harness_bus.hpp>
#include <streamspace/plugins/testing/harness_peers.hpp>
#include <streamspace/plugins/testing/harness_stand_ins.hpp>
#include <streamspace/plugins/testing/harness_storage.hpp>
#include <streamspace/plugins/testing/plugin_harness.hpp>
#include <streamspace/plugins/testing/relative_target.hpp>
#include <streamspace/plugins/testing/route_match.hpp>

namespace streamspace::testing {

namespace {

std::string why(std::string_view hook, const call_outcome& outcome) {
  const auto threw = outcome.exception_type.empty() ? std::string{} : " threw " + outcome.exception_type;
  return std::string{hook} + threw + ": " + outcome.what;
}

/// What the server says before it asks the plugin; nothing when it does ask.
std::optional<response> refusal_of(const request& rq, const matched_route& found, const std::string& name,
                                   bool enabled) {
  const auto title = rq.method + " " + rq.path;
  if (!found.route) {
    if (found.allow.empty()) return response::problem(404, to_string(ec::not_found), "nothing answers at " + rq.path);
    auto answer = rq.method == "OPTIONS"
                      ? response::no_content()
                      : response::problem(405, to_string(ec::invalid_argument),
                                          rq.path + " does not answer " + rq.method + ", only " + found.allow);
    return answer.header("Allow", found.allow);
  }
  if (!rq.caller.signed_in())
    return response::problem(401, to_string(ec::unauthenticated), title + " needs a token; sign in with as()")
        .header("WWW-Authenticate", R"(Bearer realm="streamspace")");
  for (const auto& permission : found.route->permissions)
    if (!rq.caller.may(permission))
      return response::problem(403, to_string(ec::permission_denied),
                               title + " needs the permission '" + permission + "'");
  if (!enabled)
    return response::problem(503, to_string(ec::unavailable), "plugin " + name + " is not enabled at present")
        .header("Retry-After", "1");
  return std::nullopt;
}

}  // namespace

std::size_t harness_report::handled() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [](const auto& each) { return each.outcome == delivery_outcome::handled; }));
}

std::vector<delivery_result> harness_report::failures() const {
  std::vector<delivery_result> failed;
  for (const auto* list : {&results, &others})
    std::copy_if(list->begin(), list->end(), std::back_inserter(failed),
                 [](const auto& each) { return each.outcome != delivery_outcome::handled; });
  return failed;
}

struct harness::parts final : registration_sink {
  parts(plugin_factory with_factory, const harness_options& with)
      : factory{std::move(with_factory)},
        config(factory.manifest.default_config),
        bus{std::make_shared<harness_bus>(with.start)},
        storage{std::make_shared<harness_storage>([clock = bus] { return clock->time(); })},
        seen_storage{storage} {
    if (!config.is_object())
      throw error{ec::invalid_argument, "the defaultConfig in the manifest of plugin " + name() + " must be an object"};
    if (!with.config.is_object())
      throw error{ec::invalid_argument, "the configuration of plugin " + name() + " must be a JSON object"};
    config = overlaid(config, with.config);
    factory.make = [this, make = std::move(factory.make)] {
      auto made = make();
      handler = made.handler.get();
      return made;
    };
    services.events = bus;
    services.event_log = std::make_shared<unkept_log>(bus);
    services.turns = bus;
    services.database = with.with_database ? with.with_database : std::make_shared<refusing_database>();
    services.storage = storage;
    services.actors = with.actors;
    services.peers = std::make_shared<provided_services>(with.services);
    services.log = [log = bus](log_record record) { log->log(std::move(record)); };
    services.threshold->store(log_level::debug);
  }

  const std::string& name() const noexcept { return factory.manifest.name; }

  void publish(const std::vector<subscription_ptr>& items) override { bus->publish(items); }
  void publish(const std::vector<plugin_route_ptr>& items) override { routes = items; }
  void publish(const std::vector<ui_component>& items) override { components = items; }

  template <class Hook>
  call_outcome in_turn(Hook&& hook) {
    return bus->in_turn([&] { return hook(*instance); });
  }

  void load() {
    registration_sink& sink = *this;
    instance = std::make_unique<plugin_instance>(factory, config, services, sink);
    bus->seat(instance.get());
    handler = nullptr;
    const auto outcome = in_turn([](plugin_instance& i) { return i.load(); });
    if (!outcome.ok()) {
      withdraw();
      give_up_loading(handler ? "on_load" : "its constructor", outcome);
    }
    loaded = true;
    enable();
  }

  void enable() {
    const auto outcome = in_turn([](plugin_instance& i) { return i.enable(); });
    if (!outcome.ok()) {
      static_cast<void>(unload());
      give_up_loading("on_enable", outcome);
    }
    enabled = true;
    bus->set_open(true);
    try {
      static_cast<void>(bus->run());
    } catch (const error&) {
      static_cast<void>(unload());
      throw;
    }
  }

  /// The events that the hook emits reach nobody.
  call_outcome disable() {
    enabled = false;
    bus->set_open(false);
    return logged("disabled", "on_disable", in_turn([](plugin_instance& i) { return i.disable(); }));
  }

  call_outcome unload() {
    loaded = enabled = false;
    bus->set_open(false);
    withdraw();
    auto outcome = logged("unloaded", "on_unload", in_turn([](plugin_instance& i) { return i.unload(); }));
    bus->seat(nullptr);
    return outcome;
  }

  plugin_factory factory;
  json config;
  std::shared_ptr<harness_bus> bus;
  std::shared_ptr<harness_storage> storage;
  plugin_storage seen_storage;
  plugin_services services;
  plugin_handler* handler = nullptr;
  std::unique_ptr<plugin_instance> instance;
  std::vector<plugin_route_ptr> routes;
  std::vector<ui_component> components;
  principal caller{"tester", "admin", {}};
  std::size_t requests = 0;
  bool loaded = false;
  bool enabled = false;

 private:
  void withdraw() {
    bus->publish({});
    routes.clear();
    components.clear();
  }

  call_outcome logged(std::string_view while_it_was, std::string_view hook, call_outcome outcome) {
    if (!outcome.ok())
      bus->log({"runtime",
                log_level::error,
                "plugin " + name() + " failed while it was " + std::string{while_it_was},
                {{"plugin", name()}, {"what", why(hook, outcome)}},
                {}});
    return outcome;
  }

  [[noreturn]] void give_up_loading(std::string_view hook, const call_outcome& outcome) {
    throw error{
        ec::plugin_failed, "plugin " + name() + " could not be loaded: " + why(hook, outcome), {{"plugin", name()}}};
  }
};

harness::harness(plugin_factory factory, harness_options with) {
  if (with.manifest) factory.manifest = *with.manifest;
  parts_ = std::make_unique<parts>(std::move(factory), with);
  parts_->load();
}

harness::~harness() {
  if (!parts_->loaded) return;
  try {
    static_cast<void>(unload());
  } catch (const error&) {  // It emits in a circle, or unloads the harness itself.
    if (parts_->loaded) static_cast<void>(parts_->unload());
  }
}

plugin_manifest harness::manifest_of(const harness_options& with) {
  if (with.manifest) return *with.manifest;
  if (with.manifest_file.empty()) return plain_manifest("plugin");
  std::ifstream in{with.manifest_file, std::ios::binary};
  if (!in) throw error{ec::io_error, "the manifest " + with.manifest_file + " cannot be read; is the path right?"};
  try {
    return json::parse(in).get<plugin_manifest>();
  } catch (const error& e) {
    throw error{e.code(), "the manifest " + with.manifest_file + ": " + e.message(), e.context()};
  } catch (const json::exception& e) {
    throw error{ec::invalid_argument, "the manifest " + with.manifest_file + " is not JSON: " + e.what()};
  }
}

harness::parts& harness::idle() {
  if (parts_->bus->is_in_turn())
    throw error{ec::conflict,
                "the harness of plugin " + parts_->name() + " was called by the plugin itself; call it from the test"};
  return *parts_;
}

harness::parts& harness::settled() {
  static_cast<void>(parts_->bus->run());
  return *parts_;
}

// -- events and time ------------------------------------------------------------------------------------------------

harness_report harness::emit(event e) {
  return idle().bus->deliver(std::move(e));
}

harness_report harness::emit(std::string type, json data) {
  return emit(event{std::move(type), std::move(data)});
}

harness_report harness::run() {
  return idle().bus->run();
}

harness_report harness::advance(duration by) {
  if (by.count() < 0) throw error{ec::invalid_argument, "the harness's clock goes forward only"};
  auto& p = idle();
  auto report = p.bus->run();
  p.bus->advance(by);
  p.storage->forget_expired();
  auto later = p.bus->run().others;
  report.others.insert(report.others.end(), std::make_move_iterator(later.begin()),
                       std::make_move_iterator(later.end()));
  return report;
}

timestamp harness::now() const {
  return parts_->bus->time();
}

// -- requests -------------------------------------------------------------------------------------------------------

harness& harness::as(principal caller) {
  parts_->caller = std::move(caller);
  return *this;
}

response harness::get(std::string_view target) {
  return call("GET", target, nullptr);
}

response harness::del(std::string_view target) {
  return call("DELETE", target, nullptr);
}

response harness::post(std::string_view target, const json& body) {
  return call("POST", target, body);
}

response harness::put(std::string_view target, const json& body) {
  return call("PUT", target, body);
}

response harness::patch(std::string_view target, const json& body) {
  return call("PATCH", target, body);
}

response harness::call(std::string_view method, std::string_view target, const json& body) {
  auto read = read_relative_target(target);
  if (!read) return response::from_error(read.error());
  request rq;
  rq.method = method;
  rq.path = std::move(read->path);
  rq.queries = std::move(read->queries);
  if (!body.is_null()) {
    rq.headers.emplace_back("Content-Type", "application/json");
    rq.body = body.dump();
  }
  return send(std::move(rq));
}

response harness::send(request rq) {
  auto& p = idle();
  static_cast<void>(p.bus->run());
  if (rq.path.empty() || rq.path.front() != '/')
    return response::problem(400, to_string(ec::invalid_argument), "the path does not begin with a slash");
  auto found = match_route(p.routes, rq.method, rq.path);
  rq.path = "/api/plugins/" + p.name() + (rq.path == "/" ? std::string{} : rq.path);
  if (!rq.caller.signed_in()) rq.caller = p.caller;
  if (rq.id.empty()) rq.id = "request-" + std::to_string(++p.requests);
  if (rq.remote_address.empty()) rq.remote_address = "127.0.0.1";
  if (auto refused = refusal_of(rq, found, p.name(), p.enabled)) return std::move(*refused);
  rq.params = std::move(found.params);
  const auto answered = std::make_shared<std::optional<response>>();
  responder answer{[answered](response made) { *answered = std::move(made); }};
  const auto outcome = p.bus->in_turn([&] { return p.instance->handle(*found.route, rq, answer); });
  if (!outcome.ok()) p.bus->log_failure(rq.method + " " + rq.path, outcome);
  static_cast<void>(p.bus->run());
  if (*answered) return std::move(**answered);
  return response::problem(504, to_string(ec::timeout),
                           "the handler answers later, and has not yet, though nothing waits for the plugin any more");
}

service_link harness::link_to(service_type type) {
  static_cast<void>(handler());
  return {std::make_shared<offered_services>(*parts_->bus, parts_->instance),
          std::make_shared<awaited_reports>(parts_->bus),
          nullptr,
          {parts_->name(), std::move(type), plugin_context::default_service_deadline}};
}

// -- its life -------------------------------------------------------------------------------------------------------

void harness::enable() {
  auto& p = idle();
  static_cast<void>(p.bus->run());
  if (!p.loaded)
    p.load();
  else if (!p.enabled)
    p.enable();
}

harness_report harness::disable() {
  return take_down("on_disable");
}

harness_report harness::unload() {
  return take_down("on_unload");
}

harness_report harness::take_down(std::string_view hook) {
  auto& p = idle();
  static_cast<void>(handler());
  auto report = p.bus->run();
  const bool disabling = hook == "on_disable";
  if (disabling && !p.enabled) return report;
  auto outcome = disabling ? p.disable() : p.unload();
  report.results.emplace_back(p.name(), std::string{hook}, outcome.outcome, std::move(outcome.exception_type),
                              std::move(outcome.what));
  auto later = p.bus->run().others;
  report.others.insert(report.others.end(), std::make_move_iterator(later.begin()),
                       std::make_move_iterator(later.end()));
  return report;
}

// -- what there is to see -------------------------------------------------------------------------------------------

plugin_handler& harness::handler() {
  auto& p = settled();
  if (!p.loaded) throw error{ec::not_found, "no plugin named '" + p.name() + "' is loaded; enable() loads it"};
  return *p.handler;
}

plugin_context& harness::context() {
  return settled().instance->context();
}

plugin_storage& harness::storage() {
  return settled().seen_storage;
}

std::vector<log_record> harness::logs() {
  return settled().bus->logs();
}

std::vector<event_ptr> harness::emitted() {
  return settled().bus->emitted();
}

std::vector<ui_component> harness::components() {
  return settled().components;
}

}  // namespace streamspace::testing
