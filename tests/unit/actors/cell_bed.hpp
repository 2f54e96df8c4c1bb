#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/actors/plugin_cell.hpp>

namespace streamspace::testing {

/// A plugin cell with a plugin behind it and no actor: the test takes the turns. `setup` is the plugin's on_load.
class cell_bed : private registration_sink {
 public:
  explicit cell_bed(std::string name, std::function<void(plugin_context&)> setup, plugin_cell::options options = {})
      : cell{std::make_shared<plugin_cell>(name, options, [this](log_record record) { keep(std::move(record)); })},
        instance{factory_for(std::move(name), std::move(setup)), json::object(), plugin_services{}, *this} {
    cell->bind([this] { ++wakes; });
    instance.load();
    instance.enable();
    cell->set_open(true);
  }

  /// Takes turns for as long as they are due.
  void run() {
    while (cell->run_slice(instance)) ++slices;
  }

  bool push(std::string type, sync_claim claim = {}) {
    return cell->push(
        event_delivery{std::make_shared<const event>(std::move(type)), subscriptions.at(0), std::move(claim)});
  }
  /// Keeps the answer in the list.
  void push_request(std::vector<response>& answers) {
    request rq;
    rq.method = "GET";
    rq.path = "/api/plugins/x";
    cell->push(request_delivery{routes.at(0), std::move(rq),
                                responder{[&answers](response answer) { answers.push_back(std::move(answer)); }}});
  }

  std::vector<log_record> logs() const {
    std::lock_guard lock{mutex_};
    return logs_;
  }

  std::shared_ptr<plugin_cell> cell;
  std::vector<subscription_ptr> subscriptions;
  std::vector<plugin_route_ptr> routes;
  std::atomic<int> wakes{0};
  int slices = 0;
  plugin_instance instance;

 private:
  class scripted final : public base_plugin {
   public:
    explicit scripted(std::function<void(plugin_context&)> setup) : setup_{std::move(setup)} {}
    void on_load(plugin_context& ctx) override { setup_(ctx); }

   private:
    std::function<void(plugin_context&)> setup_;
  };

  static plugin_factory factory_for(std::string name, std::function<void(plugin_context&)> setup) {
    return {plain_manifest(std::move(name)), 0,
            [setup = std::move(setup)] { return std::make_unique<scripted>(setup); }};
  }

  void publish(const std::vector<subscription_ptr>& items) override { subscriptions = items; }
  void publish(const std::vector<plugin_route_ptr>& items) override { routes = items; }
  void publish(const std::vector<ui_component>&) override {}

  void keep(log_record record) {
    std::lock_guard lock{mutex_};
    logs_.push_back(std::move(record));
  }

  mutable std::mutex mutex_;
  std::vector<log_record> logs_;
};

/// A synchronous emit that a test answers for itself.
inline std::shared_ptr<sync_call> call_from(const plugin_cell* issuer = nullptr,
                                            std::shared_ptr<sync_call> parent = nullptr) {
  return std::make_shared<sync_call>(issuer, std::move(parent), sync_call::clock::now());
}

/// What became of the only delivery of a call, as far as it has answered.
inline delivery_result result_of(sync_call& call) {
  return call.wait_until(sync_call::clock::now()).results.at(0);
}

}  // namespace streamspace::testing
