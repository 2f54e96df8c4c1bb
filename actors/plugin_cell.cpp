#include <algorithm>

#include <streamspace/actors/plugin_cell.hpp>
#include <streamspace/actors/turn_ticket.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

using clock = std::chrono::steady_clock;

/// A turn under way on this thread. One that a synchronous emit has taken has that of the emitter below it.
struct turn_frame {
  plugin_cell* cell;
  const turn_frame* below;
};

thread_local const turn_frame* top_turn = nullptr;
thread_local awaited_call* turn_call = nullptr;

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

constexpr const char* why_quarantined = "the subscription failed too often in a row and is in quarantine";

/// One turn in so many is timed.
constexpr std::uint32_t turns_a_sample = 8;
/// And one in so many of those that a caller takes for one event.
constexpr std::uint32_t turns_of_one_a_sample = 64;

/// So many samples show how long a plugin's items take.
constexpr std::uint32_t samples_to_know = 8;

/// A longer item counts for so many nanoseconds, so that one that was interrupted is soon forgotten.
constexpr std::uint64_t longest_counted = 1'000'000;

/// For counts with one writer at a time.
void add(std::atomic<std::uint64_t>& count, std::uint64_t n = 1) noexcept {
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

plugin_cell::plugin_cell(std::string name, options settings, std::shared_ptr<dead_letters> letters, log_sink log,
                         std::shared_ptr<event_metrics> figures)
    : name_{std::move(name)},
      options_{settings},
      letters_{std::move(letters)},
      figures_{std::move(figures)},
      log_{std::move(log)},
      inbox_{settings.inbox, settings.slice},
      failure_lines_{failure_log_gap} {}

void plugin_cell::set_gate(gate g) {
  open_.store(g != gate::shut, std::memory_order_relaxed);
  inbox_.set_open(g != gate::shut, g == gate::all);
}

// -- what comes in --------------------------------------------------------------------------------------------------

void plugin_cell::bury(const event_delivery& delivery, std::string_view pattern, dead_letter_cause cause,
                       std::string_view detail) {
  letters_->add({streamspace::now(), name_, pattern, delivery.shared_event(), cause, detail, delivery.attempts(),
                 delivery.bytes()});
}

void plugin_cell::refuse(event_delivery& delivery, std::string_view pattern, dead_letter_cause cause, const char* why) {
  if (delivery.is_logged()) return delivery.answer(delivery_outcome::refused, {}, why);
  dropped_.fetch_add(1, std::memory_order_relaxed);
  figures_->of(delivery.type()).add_dropped(1);
  bury(delivery, pattern, cause, why);
  if (delivery.call()) delivery.answer(delivery_outcome::refused, {}, why);
}

void plugin_cell::bury_unhandled(const event_delivery& delivery) {
  if (delivery.is_logged()) return;
  dropped_.fetch_add(1, std::memory_order_relaxed);
  figures_->of(delivery.type()).add_dropped(1);
  bury(delivery, subscriptions_.pattern_of(delivery.target()), dead_letter_cause::ended,
       "the plugin ended before it handled the event");
}

plugin_cell::inbox_type::push_result plugin_cell::push_when_there_is_room(event_delivery& delivery,
                                                                          std::chrono::milliseconds patience) {
  const auto deadline = inbox_type::clock::now() + std::min(patience, longest_wait);
  auto result = inbox_.push_event(std::move(delivery));
  if (result != inbox_type::push_result::full || waits_for_this_thread() ||
      (delivery.call() && !delivery.call()->is_awaited()))
    return result;
  const blocking_scope waits;
  while (result == inbox_type::push_result::full && inbox_type::clock::now() < deadline) {
    // NOLINTNEXTLINE(bugprone-use-after-move): it is moved from only when it is accepted.
    inbox_.await_room(delivery.bytes(), deadline);
    result = inbox_.push_event(std::move(delivery));
  }
  return result;
}

bool plugin_cell::waits_for_this_thread() const noexcept {
  return is_held_up_by_this_thread(this) || (turn_call && turn_call->is_awaited_by(this));
}

bool plugin_cell::would_wait_for_itself(const event_delivery& delivery) const noexcept {
  const auto* const call = delivery.call();
  return call && call->is_of_a_plugin() &&
         (call->is_awaited_by(this) || (call->is_awaited_by(current()) && is_held_up_by_this_thread(this)));
}

bool plugin_cell::push(event_delivery&& delivery, const subscription& target) {
  if (would_wait_for_itself(delivery)) {
    delivery.answer(delivery_outcome::would_deadlock, {},
                    "the plugin waits for this very call, so it cannot handle the event before it returns");
    return false;
  }
  if (target.quarantined.load(std::memory_order_relaxed)) {
    refuse(delivery, target.pattern, dead_letter_cause::quarantined, why_quarantined);
    return false;
  }
  if (delivery.is_logged()) return is_pushed(inbox_.push_event(std::move(delivery)), delivery, target);
  const auto& policy = overflow_of(target);
  if (policy.what == overflow_policy::kind::drop_oldest) {
    std::vector<event_delivery> evicted;
    const auto result = inbox_.push_event_evicting(std::move(delivery), evicted);
    for (auto& old : evicted)
      refuse(old, subscriptions_.pattern_of(old.target()), dead_letter_cause::inbox_full,
             "the plugin's inbox was full and a newer event took its place");
    return is_pushed(result, delivery, target);
  }
  const auto result = policy.what == overflow_policy::kind::block ? push_when_there_is_room(delivery, policy.patience)
                                                                  : inbox_.push_event(std::move(delivery));
  return is_pushed(result, delivery, target);
}

void plugin_cell::refuse(inbox_type::push_result why, event_delivery& delivery, const subscription& target) {
  switch (why) {
    case inbox_type::push_result::accepted:
    case inbox_type::push_result::accepted_wake:
      return;
    case inbox_type::push_result::full:
      return refuse(delivery, target.pattern, dead_letter_cause::inbox_full, "the plugin's inbox is full");
    case inbox_type::push_result::shut:
      return refuse(delivery, target.pattern, dead_letter_cause::not_enabled, "the plugin is not enabled");
    case inbox_type::push_result::closed:
      return refuse(delivery, target.pattern, dead_letter_cause::ended, "the plugin has ended");
  }
}

result<void> plugin_cell::push_again(event_delivery delivery, const subscription& target) {
  if (target.quarantined.load(std::memory_order_relaxed))
    return failure(ec::conflict, "the subscription of plugin " + name_ + " to '" + target.pattern +
                                     "' is in quarantine; release it first");
  switch (inbox_.push_event(std::move(delivery))) {
    case inbox_type::push_result::accepted:
      return {};
    case inbox_type::push_result::accepted_wake:
      wake_();
      return {};
    case inbox_type::push_result::full:
      return failure(ec::unavailable, "the inbox of plugin " + name_ + " is full; try again shortly");
    case inbox_type::push_result::shut:
    case inbox_type::push_result::closed:
      break;
  }
  return failure(ec::unavailable, "plugin " + name_ + " is not enabled");
}

const char* plugin_cell::queue(turn_request&& what) {
  switch (inbox_.push_request(std::move(what))) {
    case inbox_type::push_result::accepted:
      return nullptr;
    case inbox_type::push_result::accepted_wake:
      wake_();
      return nullptr;
    case inbox_type::push_result::full:
      return " has more requests waiting than it may; try again shortly";
    case inbox_type::push_result::shut:
      return " is not enabled at present";
    case inbox_type::push_result::closed:
      break;
  }
  return " has ended";
}

void plugin_cell::push(request_delivery delivery) {
  turn_request queued{std::move(delivery)};
  // NOLINTNEXTLINE(bugprone-use-after-move): the inbox moves from it only when it accepts it.
  if (const auto* const why = queue(std::move(queued)))
    std::get<request_delivery>(queued).answer(
        response::problem(503, to_string(ec::unavailable), "plugin " + name_ + why).header("Retry-After", "1"));
}

void plugin_cell::push(service_delivery delivery) {
  turn_request queued{std::move(delivery)};
  // NOLINTNEXTLINE(bugprone-use-after-move): the same.
  if (const auto* const why = queue(std::move(queued)))
    std::get<service_delivery>(queued).call().answer(failure(ec::unavailable, "plugin " + name_ + why));
}

void plugin_cell::push(place where, control_task task) {
  const auto result = where == place::first ? inbox_.push_control(std::move(task)) : inbox_.push_mark(std::move(task));
  if (result == inbox_type::push_result::accepted_wake) wake_();
}

void plugin_cell::post(std::function<void()> task) {
  push(place::last, [this, task = std::move(task)](plugin_instance& instance) {
    if (!rests_) run(instance, task);
  });
}

// -- a turn ---------------------------------------------------------------------------------------------------------

void plugin_cell::run_slice(turn_ticket& ticket) noexcept {
  // Turns of one event are as frequent as events; looking at a clock for each would cost more than the event. But when
  // there are few, each counts.
  const bool sampled = slices_++ % turns_a_sample == 0 || ticket.began_at() != last_sample_;
  const auto begun = sampled ? clock::now() : clock::time_point{};
  std::uint64_t items = 0;
  const turn_frame turn{this, top_turn};
  const scoped_value mark{top_turn, &turn};
  if (inbox_.urgent()) run_urgent(ticket);
  // Whoever retires the cell takes back what is left of the batch, maybe not before its last task has run.
  if (!rests_ && !has_ended() && batch_.left() == 0)
    batch_.refill([this](inbox_type::event_chunk emptied) { return inbox_.take_events(std::move(emptied)); });
  while (!rests_ && !has_ended() && batch_.left() > 0) {
    auto* const next = batch_.next();
    if (!next) break;
    ticket.count_item();
    items == 0 && sampled ? handle_first(*next, sums_, origin::inbox) : handle(*next, sums_, origin::inbox);
    ++items;
    // After a crash what was taken goes back first: a restart that is there already would go on without it.
    if (!rests_ && inbox_.urgent()) run_urgent(ticket);
    if (ticket.spent()) break;
  }
  sums_.flush();
  if (rests_) put_back_what_was_taken();
  if (batch_.left() == 0) {
    while (!ticket.spent()) {
      auto task = inbox_.pop_mark();
      if (!task) break;
      ticket.count_item();
      (*task)(*instance_);
    }
  }
  subscriptions_.forget_gone();
  if (!sampled) return;
  const auto took = clock::now() - begun;
  turn_times_.record(took);
  if (items == 0) return;
  last_sample_ = ticket.began_at();
  measure(took, items);
}

/// The first event of a turn stands for the others.
void plugin_cell::handle_first(event_delivery& delivery, turn_sums& sums, origin from) {
  auto& figures = figures_->of(delivery.type());
  const std::chrono::nanoseconds waited = streamspace::now() - delivery.what().time();
  wait_times_.record(waited);
  figures.record_wait(waited);
  const auto begun = clock::now();
  handle(delivery, sums, from);
  const auto took = clock::now() - begun;
  handler_times_.record(took);
  figures.record_handling(took);
}

template <class Work>
bool plugin_cell::take_turn_here(Work&& work) {
  const bool can = !rests_;
  if (can) {
    const turn_frame turn{this, top_turn};
    const scoped_value mark{top_turn, &turn};
    work();
    if (rests_) put_back_what_was_taken();
    subscriptions_.forget_gone();
  }
  if (end_turn()) wake_();
  return can;
}

bool plugin_cell::handle_if_idle(event_delivery& delivery, const subscription& target, turn_sums& sums) {
  if (target.quarantined.load(std::memory_order_relaxed) || would_wait_for_itself(delivery)) return false;
  if (!inbox_.begin_turn_for_event()) return false;
  return take_turn_here([&] {
    if (turns_of_one_++ % turns_of_one_a_sample == 0) {
      const auto begun = clock::now();
      handle_first(delivery, sums, origin::caller);
      const auto took = clock::now() - begun;
      turn_times_.record(took);
      measure(took, 1);
    } else {
      handle(delivery, sums, origin::caller);
    }
  });
}

bool plugin_cell::serve_if_idle(const service_delivery& delivery) {
  return inbox_.begin_turn_for_request() && take_turn_here([&] { handle(delivery); });
}

void plugin_cell::run_urgent(turn_ticket& ticket) {
  while (auto task = inbox_.pop_control()) {
    ticket.count_item();
    (*task)(*instance_);
    ticket.excuse();  // Hooks load and connect, and publish what they register.
    stood_still();
  }
  while (!rests_) {
    auto next = inbox_.pop_request();
    if (!next) return;
    ticket.count_item();
    std::visit([this](auto& each) { handle(each); }, *next);
    if (ticket.spent()) return;
  }
}

bool plugin_cell::end_turn() noexcept {
  return batch_.left() > 0 || inbox_.end_turn(!rests_);
}

std::optional<std::uint32_t> plugin_cell::linger() noexcept {
  if (rests_ || has_ended() || batch_.left() > 0) return std::nullopt;
  const auto number = inbox_.linger();
  return number == 0 ? std::nullopt : std::optional{number};
}

void plugin_cell::handle(event_delivery& delivery, turn_sums& sums, origin from) {
  const auto settle = [&] {
    from == origin::caller ? delivery.settle_here(sums.released) : delivery.settle(sums.released);
  };
  auto* const target = subscriptions_.find(delivery.target());
  if (!target || !target->active) {
    // Whoever has given it up has not handled it.
    if (delivery.is_logged()) return delivery.answer(delivery_outcome::terminated, {}, "the subscription is given up");
    return settle();
  }
  if (target->quarantined.load(std::memory_order_relaxed)) {
    auto held_back = std::move(delivery);
    return refuse(held_back, target->pattern, dead_letter_cause::quarantined, why_quarantined);
  }
  if (delivery.attempts() > 0) {
    add(retried_);
    figures_->of(delivery.type()).add_retried(1);
  }
  const scoped_value<awaited_call*> call{turn_call, delivery.call()};
  auto outcome = instance_->handle(*target, delivery.what());
  if (stands_still_.load(std::memory_order_relaxed) != 0) check_deadline(outcome);
  if (!outcome.ok()) return fail(delivery, *target, std::move(outcome));
  add(delivered_);
  sums.delivered.add(delivery.type());
  if (target->failures_in_row != 0) target->failures_in_row = 0;
  settle();
}

void plugin_cell::handle(request_delivery& delivery) {
  add(requests_);
  auto outcome = instance_->handle(*delivery.target, delivery.what, delivery.answer);
  check_deadline(outcome);
  if (!outcome.ok()) fail_request(delivery.what.method + " " + delivery.what.path, outcome);
}

void plugin_cell::handle(const service_delivery& delivery) {
  auto& call = delivery.call();
  if (!call.begin()) return;
  const auto begun = clock::now();
  const scoped_value<awaited_call*> handled{turn_call, &call};
  auto [answer, outcome] = instance_->serve(call.what());
  check_deadline(outcome);
  call.answer(std::move(answer));
  if (!outcome.ok()) fail_request("a call of " + call.what().type.text(), outcome);
  measure(clock::now() - begun, 1);
}

void plugin_cell::fail_request(const std::string& what, const call_outcome& outcome) {
  log_failure(what, outcome);
  if (outcome.crashed || options_.supervision.on_failure != supervision::strategy::resume) crash(outcome.what);
}

void plugin_cell::run(plugin_instance& instance, const std::function<void()>& task) {
  auto outcome = instance.run(task);
  check_deadline(outcome);
  if (outcome.ok()) return;
  add(failed_);
  log_failure("a callback", outcome);
  if (outcome.crashed || options_.supervision.on_failure != supervision::strategy::resume) crash(outcome.what);
}

// -- when it fails --------------------------------------------------------------------------------------------------

std::chrono::milliseconds plugin_cell::stood_still() noexcept {
  if (stands_still_.load(std::memory_order_relaxed) == 0) return {};
  return std::chrono::milliseconds{stands_still_.exchange(0, std::memory_order_relaxed)};
}

void plugin_cell::check_deadline(call_outcome& outcome) {
  const auto took = stood_still();
  const auto deadline = options_.supervision.handler_deadline;
  if (deadline.count() == 0 || took < deadline || !outcome.ok()) return;
  outcome.outcome = delivery_outcome::timeout;
  outcome.what = "the handler took " + std::to_string(took.count()) + " ms and more; its deadline is " +
                 std::to_string(deadline.count()) + " ms";
}

void plugin_cell::fail(event_delivery& delivery, subscription& target, call_outcome outcome) {
  if (outcome.outcome == delivery_outcome::terminated) {
    auto gone = std::move(delivery);
    if (gone.call()) gone.answer(outcome.outcome, {}, std::move(outcome.what));
    return refuse(gone, target.pattern, dead_letter_cause::ended, "the plugin has been unloaded");
  }
  add(failed_);
  figures_->of(delivery.type()).add_failed(1);
  log_failure(delivery.what().type(), outcome);
  delivery.count_attempt();
  const auto& rules = options_.supervision;
  const bool crashes = outcome.crashed || rules.on_failure != supervision::strategy::resume;
  const bool again = crashes && delivery.attempts() < rules.most_attempts && !delivery.is_logged();
  if (!again && !delivery.is_logged())
    bury(delivery, target.pattern,
         crashes                                        ? dead_letter_cause::poison
         : outcome.outcome == delivery_outcome::timeout ? dead_letter_cause::handler_deadline
                                                        : dead_letter_cause::failed,
         outcome.what);
  if (rules.quarantine_after > 0 && ++target.failures_in_row >= rules.quarantine_after &&
      !target.quarantined.exchange(true)) {
    has_quarantined_ = true;
    tell_({plugin_trouble::kind::quarantine, target.pattern});
  }
  auto why = crashes ? outcome.what : std::string{};
  if (delivery.call()) delivery.answer(outcome.outcome, std::move(outcome.exception_type), std::move(outcome.what));
  auto handled = std::move(delivery);
  if (again) to_retry_.push_back(std::move(handled));
  if (crashes) crash(std::move(why));
}

void plugin_cell::crash(std::string why) {
  rests_ = true;
  tell_({options_.supervision.on_failure == supervision::strategy::stop ? plugin_trouble::kind::give_up
                                                                        : plugin_trouble::kind::crash,
         std::move(why)});
}

void plugin_cell::put_back_what_was_taken() {
  auto back = std::exchange(to_retry_, {});
  for (auto& delivery : batch_.take_back()) back.push_back(std::move(delivery));
  if (inbox_.put_back(std::move(back))) return;
  // NOLINTNEXTLINE(bugprone-use-after-move): it is moved from only when it is accepted.
  for (const auto& delivery : back) bury_unhandled(delivery);
}

void plugin_cell::assign(const std::vector<subscription_ptr>& subscriptions) {
  subscriptions_.assign(subscriptions);
  has_quarantined_ = subscriptions_.has_quarantined();
}

void plugin_cell::succeed(std::shared_ptr<plugin_instance> next) {
  subscriptions_.park();
  instance_ = std::move(next);
}

void plugin_cell::resume() {
  subscriptions_.release_parked();
  rests_ = false;
}

bool plugin_cell::release(const std::string& pattern) {
  const auto released = subscriptions_.release_quarantined(pattern) > 0;
  has_quarantined_ = subscriptions_.has_quarantined();
  return released;
}

void plugin_cell::release_all() {
  subscriptions_.release_all();
  has_quarantined_ = false;
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
  if (samples_ < samples_to_know)
    ++samples_;
  else
    item_ns_.store(static_cast<std::uint64_t>(mean_ns_), std::memory_order_relaxed);
}

// -- its end --------------------------------------------------------------------------------------------------------

std::size_t plugin_cell::give_up(inbox_type::discarded waiting) {
  const auto taken_back = batch_.take_back();
  const auto how_many = waiting.requests.size() + waiting.events.size() + taken_back.size();
  for (const auto& delivery : taken_back) bury_unhandled(delivery);
  while (!waiting.events.empty()) bury_unhandled(waiting.events.pop_front());
  return how_many;
}

std::size_t plugin_cell::discard_waiting() {
  return give_up(inbox_.discard());
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
  const auto how_many = give_up(std::move(end.waiting));
  if (end.result == inbox_type::push_result::accepted_wake) wake_();
  return how_many;
}

void plugin_cell::discard_requests() {
  static_cast<void>(inbox_.discard_requests());  // Their responders answer.
}

plugin_counters plugin_cell::counters() const {
  return {delivered_.load(), failed_.load(), dropped_.load(), requests_.load(), inbox_.size() + batch_.left(),
          retried_.load()};
}

plugin_turns plugin_cell::turns() const {
  plugin_turns t;
  t.executor = executor() == executor_kind::own ? "own" : "pool";
  const auto turn = turn_times_.snapshot();
  t.turn_p50 = turn.quantile(0.5);
  t.turn_p99 = turn.quantile(0.99);
  t.longest_turn = turn.max;
  const auto wait = wait_times_.snapshot();
  t.wait_p50 = wait.quantile(0.5);
  t.wait_p99 = wait.quantile(0.99);
  const auto handler = handler_times_.snapshot();
  t.handler_p50 = handler.quantile(0.5);
  t.handler_p99 = handler.quantile(0.99);
  const auto oldest = inbox_.oldest_event([](const event_delivery& delivery) { return delivery.what().time(); });
  if (oldest)
    t.oldest_waiting = std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds{streamspace::now() - *oldest});
  t.queued_bytes = inbox_.event_bytes();
  return t;
}

plugin_cell* plugin_cell::current() noexcept {
  return top_turn ? top_turn->cell : nullptr;
}

awaited_call* plugin_cell::current_call() noexcept {
  return turn_call;
}

}  // namespace streamspace
