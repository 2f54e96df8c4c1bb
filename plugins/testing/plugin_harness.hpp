#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/messages/ui_component.hpp>
#include <streamspace/plugins/sdk/plugin_context.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace::testing {

/// What stands for another plugin's service.
struct provided_service {
  std::string provider;
  service_type type;
  std::shared_ptr<void> object;
};
/// The object outlives the harness.
template <class T>
provided_service provided(std::string provider, T& object) {
  return {std::move(provider), service_type_of<T>(), std::shared_ptr<void>{std::shared_ptr<void>{}, &object}};
}

struct harness_options {
  json config = json::object();  ///< Over the manifest's defaultConfig, object by object, as the runtime lays it.
  std::optional<plugin_manifest> manifest = std::nullopt;
  /// Where plugin_harness reads the manifest when none is given; empty for plain_manifest("plugin").
#ifdef STREAMSPACE_PLUGIN_MANIFEST
  std::string manifest_file = STREAMSPACE_PLUGIN_MANIFEST;
#else
  std::string manifest_file = {};
#endif
  std::vector<provided_service> services = {};  ///< Those of other plugins: `{provided<exchange>("rates", fake)}`.
  caf::actor_system* actors = nullptr;  ///< For a plugin that has actors: where they live. Outlives the harness.
  std::shared_ptr<sql_executor> with_database = nullptr;  ///< Null: every statement is refused (unavailable).
  timestamp start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};  ///< Of the harness's clock.
};

/// What the plugin did in one call of the harness.
struct harness_report {
  /// Of the event that was emitted, one for each handler, as they were called; else of on_disable or on_unload.
  std::vector<delivery_result> results;
  std::vector<delivery_result> others;  ///< Of what waited before and what came of it: own events, callbacks, watches.

  /// How many of the results are none of a failure.
  std::size_t handled() const noexcept;
  /// All that failed; `what` says why.
  std::vector<delivery_result> failures() const;
};

/// Runs one plugin on the calling thread, without a server: loaded and enabled when this is made, unloaded when it
/// ends. What the runtime decides, it decides in the same way: which handlers an event reaches and in which order, who
/// may call a route, what of a failing hook is taken back. It differs in this:
///
/// - What waits for the plugin's turn (its own events, what emit_then, query_then and coroutines go on with, watches of
///   storage) is done by the time that emit() or a request returns. What a test brings about by itself, with
///   storage().set() say, is done by the next call of the harness at the latest.
/// - Time stands still but for advance(). Events, log lines and the storage have the harness's time; now() in the
/// plugin
///   is the real one.
/// - A durable subscription hears what is emitted, and no failure is tried again; the log of events is not kept, so
///   history() and replay() are refused (unavailable). A plugin_crash is a failure like others.
/// - Services of other plugins are what harness_options::services says; their calls run at once, on the calling thread.
/// - The storage is in memory, without a quota, and lasts as long as the harness. The platform's own routes, and the
///   manifest's configSchema, are not there.
///
/// Not to be called by the plugin itself (conflict). The log lines of all levels are kept.
class harness {
 public:
  /// With the factory's manifest, if no other is given. Errors: plugin_failed, naming the hook that failed and why;
  /// invalid_argument for a configuration that is no object.
  explicit harness(plugin_factory factory, harness_options with = {});
  ~harness();
  harness(const harness&) = delete;
  harness& operator=(const harness&) = delete;

  /// Emits it as the platform does, with the harness's time. A handler that fails is in the report and in logs().
  /// Errors (of all calls that give events to the plugin): plugin_failed when the plugin emits in a circle, which is
  /// after 10,000 deliveries in a row.
  harness_report emit(event e);
  /// Errors: invalid_argument when it is no event type.
  harness_report emit(std::string type, json data = json::object());
  /// Does what waits for the plugin; for what other threads have brought meanwhile, as the rest is done by itself.
  harness_report run();

  /// Lets time pass: what has expired in the storage by then is gone, and watches are told. Errors: invalid_argument
  /// for less than nothing.
  harness_report advance(duration by);
  timestamp now() const;

  /// Who makes the requests from now on, before that an admin; `{}` for somebody who is not signed in.
  harness& as(principal caller);

  /// Asks a route of the plugin and answers as the server does: 404 for no route, 405 or (OPTIONS) 204 with Allow, 401
  /// and 403 by the caller and the route's permissions, 503 while the plugin is not enabled. `target` is relative to
  /// the plugin's root and may have a query, both percent-encoded: "/hello/ann?lang=en".
  response get(std::string_view target);
  response del(std::string_view target);
  /// With a JSON body, or none for null.
  response post(std::string_view target, const json& body = nullptr);
  response put(std::string_view target, const json& body = nullptr);
  response patch(std::string_view target, const json& body = nullptr);
  /// What the plugin offers others, called in its turn. Errors of the calls: as in the runtime.
  template <class T>
  service<T> offered() {
    return service<T>{link_to(service_type_of<T>())};
  }

  /// Any request. Its path is relative too, and as in a handler decoded and without a query; its caller, if signed in,
  /// stands instead of that of as(). The handler gets the whole path, the params, and an id if there is none.
  response send(request rq);

  /// Enables it again, or loads it anew after unload(); nothing when it is enabled. Errors: plugin_failed, after which
  /// it is not loaded.
  void enable();
  /// A failing on_disable or on_unload does not hinder it and is in the report. Errors: not_found when it is not
  /// loaded.
  harness_report disable();
  harness_report unload();

  /// Of the present load, or of the last one.
  plugin_context& context();
  /// What the plugin's storage() is, also while it is not loaded. For the test: it watches nothing.
  plugin_storage& storage();
  /// All that was logged, by the plugin and about it, as the runtime does.
  std::vector<log_record> logs();
  /// What the plugin has emitted, in order, whoever heard it.
  std::vector<event_ptr> emitted();
  /// What it has registered now.
  std::vector<ui_component> components();

 protected:
  /// Error not_found when it is not loaded.
  plugin_handler& handler();

  static plugin_manifest manifest_of(const harness_options& with);

 private:
  struct parts;

  parts& idle();
  parts& settled();
  service_link link_to(service_type type);
  harness_report take_down(std::string_view hook);
  response call(std::string_view method, std::string_view target, const json& body);

  std::unique_ptr<parts> parts_;
};

/// The harness of a plugin class:
///
///   ss::testing::plugin_harness<greeter> h{{.config = {{"lang", "en"}}}};
///   EXPECT_TRUE(h.emit(ss::session{.id = "s1"}.created()).failures().empty());
///   EXPECT_EQ(h.get("/hello/ann").json()["hello"], "ann");
///   EXPECT_EQ(h.storage().get<int>("seen:session.created"), 1);
template <std::derived_from<plugin_handler> Plugin>
requires std::default_initializable<Plugin>
class plugin_harness : public harness {
 public:
  /// Errors: as harness; io_error and invalid_argument when the manifest's file cannot be read.
  explicit plugin_harness(harness_options with = {}) : harness{make_plugin_factory<Plugin>(manifest_of(with)), with} {}

  /// The plugin's own object, a new one after each load. Error not_found when it is not loaded.
  Plugin& plugin() { return static_cast<Plugin&>(handler()); }
};

}  // namespace streamspace::testing
