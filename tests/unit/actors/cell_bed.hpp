#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/actors/dead_letters.hpp>
#include <streamspace/actors/flight_block.hpp>
#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/actors/turn_ticket.hpp>

namespace streamspace::testing {

struct flight_release {
  void operator()(flight_owner* f) const noexcept { f->release(); }
};
using call_ptr = std::unique_ptr<sync_call, flight_release>;

/// A synchronous emit that a test answers for itself.
inline call_ptr call_from(const plugin_cell* issuer = nullptr, sync_call* parent = nullptr, std::string type = "a.b") {
  return call_ptr{new sync_call{event{std::move(type)}, event_type_number::other, issuer, parent}};
}

/// What became of the only delivery of a call, as far as it has answered.
inline delivery_result result_of(sync_call& call) {
  return call.wait_until(sync_call::clock::now()).results.at(0);
}

/// A plugin cell with a plugin behind it and no actor. `setup` is the plugin's on_load. The test takes the turns; with
/// a pool, that does, and has taken the last one before the bed is gone.
class cell_bed : private registration_sink {
 public:
  explicit cell_bed(std::string name, std::function<void(plugin_context&)> setup, plugin_cell::options options = {},
                    turn_pool* pool = nullptr)
      : cell{std::make_shared<plugin_cell>(name, options, letters,
                                           [this](log_record record) { keep(std::move(record)); })},
        pool_{pool} {
    cell->bind([this] {
      ++wakes;
      if (pool_) pool_->submit(cell);
    });
    cell->on_trouble([this](plugin_trouble what) { troubles.push_back(std::move(what)); });
    auto instance = make_instance(std::move(name), std::move(setup));
    instance->load();
    instance->enable();
    cell->seat(std::move(instance));
    cell->set_gate(plugin_cell::gate::all);
  }
  ~cell_bed() {
    std::promise<void> ended;
    cell->retire([&] { ended.set_value(); });
    if (pool_)
      ended.get_future().wait();
    else
      run();
  }

  /// Takes a turn; whether another is due.
  bool turn() {
    const std::atomic<std::uint32_t> tick{0};
    std::atomic<std::uint64_t> progress{0};
    turn_ticket ticket{tick, progress};
    cell->run_slice(ticket);
    return cell->end_turn();
  }
  /// Takes turns for as long as they are due.
  void run() {
    while (turn()) continue;
  }

  /// Asks for a new instance in the place of one that has crashed, as the runtime does.
  void push_restart(const std::function<void(plugin_context&)>& setup) {
    cell->push(plugin_cell::place::first, [this, setup](plugin_instance&) {
      const auto next = make_instance(cell->name(), setup);
      cell->succeed(next);
      next->load();
      next->enable(plugin_instance::publishing::everything);
      cell->resume();
    });
  }

  bool push(std::string type, std::size_t to = 0) {
    const auto& target = *subscriptions.at(to);
    flight_block::departure departing{event{std::move(type)}, event_type_number::other};
    event_delivery delivery{departing.hand_out(), target.key};
    return cell->overflow_of(target).makes_room() ? cell->push(std::move(delivery), target)
                                                  : cell->push_at_once(std::move(delivery), target);
  }
  bool push(sync_call& call, std::size_t to = 0) {
    const auto& target = *subscriptions.at(to);
    const auto index = call.expect(subscriptions.at(to));
    call.retain(1);
    return cell->push(event_delivery{call.what(), target.key, index}, target);
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

  const std::shared_ptr<dead_letters> letters = std::make_shared<dead_letters>();
  std::shared_ptr<plugin_cell> cell;
  std::vector<plugin_trouble> troubles;  ///< In turn.
  std::vector<subscription_ptr> subscriptions;
  std::vector<plugin_route_ptr> routes;
  std::atomic<int> wakes{0};

 private:
  class scripted final : public base_plugin {
   public:
    explicit scripted(std::function<void(plugin_context&)> setup) : setup_{std::move(setup)} {}
    void on_load(plugin_context& ctx) override { setup_(ctx); }

   private:
    std::function<void(plugin_context&)> setup_;
  };

  static plugin_factory factory_for(std::string name, std::function<void(plugin_context&)> setup) {
    return {plain_manifest(std::move(name)), [setup = std::move(setup)] {
              return made_plugin{nullptr, std::make_unique<scripted>(setup), 0};
            }};
  }

  std::shared_ptr<plugin_instance> make_instance(std::string name, std::function<void(plugin_context&)> setup) {
    registration_sink& sink = *this;
    return std::make_shared<plugin_instance>(factory_for(std::move(name), std::move(setup)), json::object(),
                                             plugin_services{}, sink);
  }

  void publish(const std::vector<subscription_ptr>& items) override {
    cell->assign(items);
    subscriptions = items;
  }
  void publish(const std::vector<plugin_route_ptr>& items) override { routes = items; }
  void publish(const std::vector<ui_component>&) override {}

  void keep(log_record record) {
    std::lock_guard lock{mutex_};
    logs_.push_back(std::move(record));
  }

  turn_pool* pool_;
  mutable std::mutex mutex_;
  std::vector<log_record> logs_;
};

}  // namespace streamspace::testing
