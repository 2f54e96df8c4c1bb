#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/actors/no_database.hpp>
#include <streamspace/http/router.hpp>
#include <streamspace/plugins/plugin_instance.hpp>

namespace streamspace::testing {

struct plugin_test_setup {
  json config = json::object();  ///< Over the manifest's defaults.
  std::shared_ptr<sql_executor> database = std::make_shared<no_database>();
  std::shared_ptr<storage_port> storage = std::make_shared<memory_storage>();
};

/// One plugin with all that it stands on, and nothing else: what it registers, logs and emits is kept here, events and
/// requests are handed to it in the calling thread. As in the runtime, a plugin that is not enabled gets neither. Calls
/// as the plugin's turn, so one thread at a time; logs() from any.
class plugin_test_bed : private registration_sink {
 public:
  explicit plugin_test_bed(plugin_factory factory, plugin_test_setup with = {});
  /// Disables and unloads what is still loaded.
  ~plugin_test_bed();

  /// on_load, then on_enable. A load that fails is unloaded again.
  call_outcome load();
  call_outcome enable();
  call_outcome disable();
  call_outcome unload();

  /// The outcome of each matching subscription, in the order of subscribing.
  std::vector<call_outcome> emit(const event& e);
  /// What the plugin has given to emit_then so far, each with a report of nobody; the outcome of each.
  std::vector<call_outcome> run_posted();

  /// Who makes the requests: an admin, unless a test says otherwise.
  principal caller{"tester", "admin", {}};
  /// Answers as the server would: 404 without a route, 401 and 403 by its permissions, 503 while not enabled.
  /// `target` is relative and may have a query: "/events?limit=2". Bodies are sent as JSON.
  response call(std::string_view method, std::string_view target, const json& body = nullptr);
  response get(std::string_view target) { return call("GET", target); }
  response post(std::string_view target, const json& body = nullptr) { return call("POST", target, body); }

  std::vector<log_record> logs() const;
  /// All that was logged, as text to search in.
  std::string log_text() const;
  const std::vector<event_ptr>& emitted() const noexcept { return *emitted_; }
  const std::vector<subscription_ptr>& subscriptions() const noexcept { return subscriptions_; }
  const std::vector<plugin_route_ptr>& routes() const noexcept { return routes_; }
  const std::vector<ui_component>& components() const noexcept { return components_; }
  storage_port& storage() noexcept { return *storage_; }
  plugin_instance& instance() noexcept { return *instance_; }

 private:
  struct log_book {
    std::mutex mutex;
    std::vector<log_record> records;
  };

  void publish(const std::vector<subscription_ptr>& subscriptions) override { subscriptions_ = subscriptions; }
  void publish(const std::vector<plugin_route_ptr>& routes) override;
  void publish(const std::vector<ui_component>& components) override { components_ = components; }

  std::vector<subscription_ptr> subscriptions_;
  std::vector<plugin_route_ptr> routes_;
  router router_;
  std::vector<ui_component> components_;
  std::shared_ptr<log_book> log_book_ = std::make_shared<log_book>();
  std::shared_ptr<std::vector<event_ptr>> emitted_ = std::make_shared<std::vector<event_ptr>>();
  std::shared_ptr<std::vector<std::function<void()>>> posted_ = std::make_shared<std::vector<std::function<void()>>>();
  std::shared_ptr<storage_port> storage_;
  std::unique_ptr<plugin_instance> instance_;
  bool loaded_ = false;
  bool enabled_ = false;
};

}  // namespace streamspace::testing
