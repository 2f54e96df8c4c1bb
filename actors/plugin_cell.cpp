#include <algorithm>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/turn_ticket.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

/// A turn under way on this thread. One that a synchronous emit has taken has that of the emitter below it.
struct turn_frame {
  plugin_cell* cell;
  const turn_frame* below;
};

thread_local const turn_frame* top_turn = nullptr;
thread_local sync_call* turn_call = nullptr;

/// Whether a turn of this plugin cannot end before this thread goes on.
bool is_held_up_by_this_thread(const plugin_cell* cell) noexcept {
  for (const auto* turn = top_turn; turn; turn = turn->below)
    if (turn->cell == cell) return true;
  return false;
}

/// Sets a value for as long as a scope lasts.
template <class T>
class scoped_value {
 public:
  scoped_value(T& where, T value) noexcept : where_{where}, before_{std::exchange(where, value)} {}
  scoped_value(const scoped_value&) = delete;
  scoped_value& operator=(const scoped_value&) = delete;
  ~scoped_value() { where_ = before_; }

 private:
  T& where_;
  T before_;
};

/// A plugin that fails at every event would fill the log; past one line a second its failures are only counted.
constexpr log_limit::clock::duration failure_log_gap = std::chrono::seconds{1};

/// Longer patience is cut to this, so that no deadline is past what the clock can tell.
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{24 * 365};

/// So many slices show how long a plugin's items take.
constexpr std::uint32_t slices_to_know = 32;

/// A longer item counts for so many nanoseconds, so that one that was interrupted is soon forgotten.
constexpr std::uint64_t longest_counted = 1'000'000;

/// For counts with one writer at a time.
void add(std::atomic<std::uint64_t>& count, std::uint64_t n = 1) noexcept {
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

plugin_cell::plugin_cell(std::string name, options settings, log_sink log)
    : name_{std::move(name)},
      options_{settings},
      log_{std::move(log)},
      inbox_{settings.inbox},
      failure_lines_{failure_log_gap} {}

void plugin_cell::set_open(bool open) {
  open_.store(open, std::memory_order_relaxed);
  inbox_.set_open(open, open);
}

// -- what comes in --------------------------------------------------------------------------------------------------

void plugin_cell::refuse(event_delivery& delivery, const char* why) {
  dropped_.fetch_add(1, std::memory_order_relaxed);
  delivery.answer(delivery_outcome::refused, {}, why);
}

plugin_cell::inbox_type::push_result plugin_cell::push_when_there_is_room(event_delivery& delivery,
                                                                          std::chrono::milliseconds patience) {
  const auto deadline = inbox_type::clock::now() + std::min(patience, longest_wait);
  auto result = inbox_.push_event(std::move(delivery));
  if (result != inbox_type::push_result::full || is_held_up_by_this_thread(this) ||
      (turn_call && turn_call->is_awaited_by(this)))
    return result;
  const blocking_scope waits;
  while (result == inbox_type::push_result::full && inbox_type::clock::now() < deadline) {
    inbox_.await_room(delivery.bytes(), deadline);
    result = inbox_.push_event(std::move(delivery));
  }
  return result;
}

plugin_cell::offered plugin_cell::offer(event_delivery delivery, const overflow_policy& policy) {
  const auto* const call = delivery.call();
  if (call && (call->is_awaited_by(this) || (call->is_awaited_by(current()) && is_held_up_by_this_thread(this)))) {
    delivery.answer(delivery_outcome::would_deadlock, {},
                    "the plugin waits for this very call, so it cannot handle the event before it returns");
    return offered::refused;
  }
  auto result = inbox_type::push_result::full;
  if (policy.what == overflow_policy::kind::drop_oldest) {
    std::vector<event_delivery> evicted;
    result = inbox_.push_event_evicting(std::move(delivery), evicted);
    for (auto& old : evicted) refuse(old, "the plugin's inbox was full and newer events took its place");
  } else if (policy.what == overflow_policy::kind::block) {
    result = push_when_there_is_room(delivery, policy.patience);
  } else {
    result = inbox_.push_event(std::move(delivery));
  }
  // NOLINTBEGIN(bugprone-use-after-move): the inbox moves from it only when it accepts it.
  switch (result) {
    case inbox_type::push_result::accepted:
      return offered::queued;
    case inbox_type::push_result::accepted_wake:
      return offered::queued_with_duty;
    case inbox_type::push_result::full:
      refuse(delivery, "the plugin's inbox is full");
      break;
    case inbox_type::push_result::shut:
      refuse(delivery, "the plugin is not enabled");
      break;
    case inbox_type::push_result::closed:
      refuse(delivery, "the plugin has ended");
      break;
  }
  // NOLINTEND(bugprone-use-after-move)
  return offered::refused;
}

bool plugin_cell::push(event_delivery delivery, const overflow_policy& policy) {
  const auto result = offer(std::move(delivery), policy);
  if (result == offered::queued_with_duty) wake_();
  return result != offered::refused;
}

void plugin_cell::push(request_delivery delivery) {
  const auto refused = [&](const char* why) {
    // NOLINTNEXTLINE(bugprone-use-after-move): the inbox moves from it only when it accepts it.
    delivery.answer(
        response::problem(503, to_string(ec::unavailable), "plugin " + name_ + why).header("Retry-After", "1"));
  };
  switch (inbox_.push_request(std::move(delivery))) {
    case inbox_type::push_result::accepted:
      return;
    case inbox_type::push_result::accepted_wake:
      return wake_();
    case inbox_type::push_result::full:
      return refused(" has more requests waiting than it may; try again shortly");
    case inbox_type::push_result::shut:
      return refused(" is not enabled at present");
    case inbox_type::push_result::closed:
      return refused(" has ended");
  }
}

void plugin_cell::push(place where, control_task task) {
  const auto result = where == place::first ? inbox_.push_control(std::move(task)) : inbox_.push_mark(std::move(task));
  if (result == inbox_type::push_result::accepted_wake) wake_();
}

// -- a turn ---------------------------------------------------------------------------------------------------------

void plugin_cell::run_slice(turn_ticket& ticket) noexcept {
  using clock = std::chrono::steady_clock;
  const auto begun = clock::now();
  std::uint64_t items = 0;
  const turn_frame turn{this, top_turn};
  const scoped_value mark{top_turn, &turn};
  run_urgent(ticket);
  // Whoever retires the cell takes back what is left of the batch, maybe not before its last task has run.
  if (has_ended()) return;
  if (batch_.left() == 0)
    batch_.refill([this](std::vector<event_delivery>& events) { inbox_.take_events(options_.slice, events); });
  while (auto* next = batch_.next()) {
    ticket.count_item();
    handle(*next);
    ++items;
    if (inbox_.urgent()) run_urgent(ticket);
    if (has_ended()) return;
    if (ticket.spent()) break;
  }
  if (batch_.left() == 0) {
    batch_.clear();
    while (auto task = inbox_.pop_mark()) (*task)(*instance_);
  }
  subscriptions_.forget_gone();
  if (items > 0) measure(clock::now() - begun, items);
}

void plugin_cell::run_urgent(turn_ticket& ticket) {
  while (auto task = inbox_.pop_control()) {
    ticket.count_item();
    (*task)(*instance_);
  }
  while (auto next = inbox_.pop_request()) {
    ticket.count_item();
    handle(*next);
    if (ticket.spent()) return;
  }
}

bool plugin_cell::end_turn() noexcept {
  return batch_.left() > 0 || inbox_.end_turn();
}

void plugin_cell::handle(event_delivery& delivery) {
  auto* const target = subscriptions_.find(delivery.target());
  if (!target) return delivery.settle();
  const scoped_value call{turn_call, delivery.call()};
  auto outcome = instance_->handle(*target, delivery.what());
  if (outcome.ok()) {
    add(delivered_);
    return delivery.settle();
  }
  if (outcome.outcome == delivery_outcome::terminated) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  } else {
    add(failed_);
    log_failure(delivery.what().type(), outcome);
  }
  delivery.answer(outcome.outcome, std::move(outcome.exception_type), std::move(outcome.what));
}

void plugin_cell::handle(request_delivery& delivery) {
  auto [answer, outcome] = instance_->handle(*delivery.target, delivery.what);
  add(requests_);
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

void plugin_cell::measure(std::chrono::nanoseconds took, std::uint64_t items) noexcept {
  const auto each = static_cast<std::uint64_t>(took.count()) / items;
  mean_ns_ += (static_cast<double>(std::min(each, longest_counted)) - mean_ns_) / 8;
  if (slices_ < slices_to_know)
    ++slices_;
  else
    item_ns_.store(static_cast<std::uint64_t>(mean_ns_), std::memory_order_relaxed);
}

bool plugin_cell::is_known_fast(std::chrono::nanoseconds at_most) const noexcept {
  return executor() == executor_kind::pool &&
         item_ns_.load(std::memory_order_relaxed) < static_cast<std::uint64_t>(at_most.count());
}

// -- its end --------------------------------------------------------------------------------------------------------

std::size_t plugin_cell::discard_waiting() {
  const auto waiting = inbox_.discard();
  const auto taken_back = batch_.take_back();
  const auto events = waiting.events.size() + taken_back.size();
  dropped_.fetch_add(events, std::memory_order_relaxed);
  return waiting.requests.size() + events;
}

std::size_t plugin_cell::retire(std::function<void()> ended) {
  open_.store(false, std::memory_order_relaxed);
  auto end = inbox_.close([this, ended = std::move(ended)](plugin_instance&) {
    subscriptions_.assign({});
    subscriptions_.forget_gone();
    instance_.reset();
    retired_.store(true, std::memory_order_relaxed);
    if (ended) ended();
  });
  if (end.result == inbox_type::push_result::closed) return 0;
  const auto taken_back = batch_.take_back();
  const auto events = end.waiting.events.size() + taken_back.size();
  dropped_.fetch_add(events, std::memory_order_relaxed);
  if (end.result == inbox_type::push_result::accepted_wake) wake_();
  return end.waiting.requests.size() + events;
}

plugin_counters plugin_cell::counters() const {
  return {delivered_.load(), failed_.load(), dropped_.load(), requests_.load(), inbox_.size() + batch_.left()};
}

plugin_cell* plugin_cell::current() noexcept {
  return top_turn ? top_turn->cell : nullptr;
}

sync_call* plugin_cell::current_call() noexcept {
  return turn_call;
}

}  // namespace streamspace
