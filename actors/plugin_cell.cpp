#include <streamspace/actors/plugin_cell.hpp>

namespace streamspace {

namespace {

thread_local const plugin_cell* turn_cell = nullptr;
thread_local std::shared_ptr<sync_call> turn_call;

/// Marks the thread as being in a plugin's turn.
class turn_mark {
 public:
  explicit turn_mark(const plugin_cell* cell) noexcept : before_{std::exchange(turn_cell, cell)} {}
  turn_mark(const turn_mark&) = delete;
  turn_mark& operator=(const turn_mark&) = delete;
  ~turn_mark() { turn_cell = before_; }

 private:
  const plugin_cell* before_;
};

/// A plugin that fails at every event would fill the log; past one line a second its failures are only counted.
constexpr log_limit::clock::duration failure_log_gap = std::chrono::seconds{1};

}  // namespace

plugin_cell::plugin_cell(std::string name, options settings, log_sink log)
    : name_{std::move(name)},
      options_{settings},
      log_{std::move(log)},
      inbox_{settings.inbox_capacity},
      failure_lines_{failure_log_gap} {
  inbox_.set_open(false);
}

void plugin_cell::wake_if(inbox<inbox_item>::push_result result) {
  if (result == inbox<inbox_item>::push_result::accepted_wake) wake_();
}

bool plugin_cell::push(event_delivery delivery) {
  const auto refuse = [this](sync_claim& claim, std::string why) {
    ++dropped_;
    claim.answer(delivery_outcome::refused, {}, std::move(why));
    return false;
  };
  if (delivery.claim && delivery.claim.call()->is_awaited_by(this)) {
    delivery.claim.answer(delivery_outcome::would_deadlock, {},
                          "the plugin waits for this very call, so it cannot handle the event before it returns");
    return false;
  }
  inbox_item item{std::move(delivery)};
  const auto result = inbox_.push(lane::events, std::move(item));
  // NOLINTNEXTLINE(bugprone-use-after-move): the inbox moves from it only when it accepts it.
  const auto refused = [&]() -> sync_claim& { return std::get<event_delivery>(item).claim; };
  if (result == inbox<inbox_item>::push_result::full) return refuse(refused(), "the plugin's inbox is full");
  if (result == inbox<inbox_item>::push_result::shut) return refuse(refused(), "the plugin is not enabled");
  if (result == inbox<inbox_item>::push_result::closed) return refuse(refused(), "the plugin has ended");
  wake_if(result);
  return true;
}

void plugin_cell::push(request_delivery delivery) {
  const auto refuse = [this](responder& answer, const char* why) {
    answer(response::problem(503, to_string(ec::unavailable), "plugin " + name_ + why).header("Retry-After", "1"));
  };
  inbox_item item{std::move(delivery)};
  const auto result = inbox_.push(lane::requests, std::move(item));
  // NOLINTNEXTLINE(bugprone-use-after-move): the inbox moves from it only when it accepts it.
  const auto refused = [&]() -> responder& { return std::get<request_delivery>(item).answer; };
  if (result == inbox<inbox_item>::push_result::full)
    return refuse(refused(), " has more requests waiting than it may; try again shortly");
  if (result == inbox<inbox_item>::push_result::shut) return refuse(refused(), " is not enabled at present");
  if (result == inbox<inbox_item>::push_result::closed) return refuse(refused(), " has ended");
  wake_if(result);
}

void plugin_cell::push(place where, control_task task) {
  wake_if(inbox_.push_always(where == place::first ? lane::control : lane::events, inbox_item{std::move(task)}));
}

bool plugin_cell::run_slice(plugin_instance& instance) {
  batch_.refill([this](std::vector<inbox_item>& items) { inbox_.take(options_.slice, items); });
  const turn_mark mark{this};
  while (auto* item = batch_.next()) {
    if (auto* e = std::get_if<event_delivery>(item))
      handle(instance, *e);
    else if (auto* rq = std::get_if<request_delivery>(item))
      handle(instance, *rq);
    else
      std::get<control_task> (*item)(instance);
  }
  batch_.clear();
  return inbox_.turn_still_due();
}

void plugin_cell::handle(plugin_instance& instance, event_delivery& delivery) {
  turn_call = delivery.claim.call();
  auto outcome = instance.handle(*delivery.target, *delivery.what);
  turn_call.reset();
  if (outcome.ok()) {
    ++delivered_;
  } else if (outcome.outcome == delivery_outcome::terminated) {
    ++dropped_;
  } else {
    ++failed_;
    log_failure(delivery.what->type(), outcome);
  }
  if (delivery.claim)
    delivery.claim.answer(outcome.outcome, std::move(outcome.exception_type), std::move(outcome.what));
}

void plugin_cell::handle(plugin_instance& instance, request_delivery& delivery) {
  auto [answer, outcome] = instance.handle(*delivery.target, delivery.what);
  ++requests_;
  if (!outcome.ok()) log_failure(delivery.what.method + " " + delivery.what.path, outcome);
  delivery.answer(std::move(answer));
}

void plugin_cell::log_failure(std::string_view during, const call_outcome& outcome) {
  const auto held_back = failure_lines_.admit(log_limit::clock::now());
  if (!held_back) return;
  json data{{"during", during}, {"what", outcome.what}};
  if (!outcome.exception_type.empty()) data["exception"] = outcome.exception_type;
  if (*held_back > 0) data["furtherFailures"] = *held_back;
  log_({name_, log_level::error, "a handler failed", std::move(data), now()});
}

std::size_t plugin_cell::discard_waiting() {
  const auto not_ours = [](const inbox_item& item) { return !std::holds_alternative<control_task>(item); };
  auto requests = inbox_.discard(lane::requests, not_ours);
  auto events = inbox_.discard(lane::events, not_ours);
  for (auto& item : batch_.take_back()) {
    if (auto* task = std::get_if<control_task>(&item))
      push(place::first, std::move(*task));
    else
      ++(std::holds_alternative<request_delivery>(item) ? requests : events);
  }
  dropped_ += events;
  return requests + events;
}

std::size_t plugin_cell::retire() {
  set_open(false);
  inbox_.close();
  return discard_waiting();
}

plugin_counters plugin_cell::counters() const {
  return {delivered_.load(), failed_.load(), dropped_.load(), requests_.load(), inbox_.size()};
}

const plugin_cell* plugin_cell::current() noexcept {
  return turn_cell;
}

std::shared_ptr<sync_call> plugin_cell::current_call() noexcept {
  return turn_call;
}

}  // namespace streamspace
