#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/fast_turns.hpp>
#include <streamspace/actors/flight_block.hpp>
#include <streamspace/actors/inline_list.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

using route = routing_snapshot::route;

constexpr std::size_t usual_matches = 16;

constexpr log_limit::clock::duration failure_log_gap = std::chrono::seconds{1};

/// Whether this subscription is to get this event at all.
bool wants(const route& r, const event& e) {
  if (!r.selective) return true;
  auto& s = *r.target;
  if (s.filter && !s.filter->admits(e)) return false;
  return !s.once || !s.used_up.exchange(true);
}

}  // namespace

/// Writes down what the functions given to emit_then() throw. Outlives the bus while some of them wait. Thread-safe.
class event_bus::failure_log {
 public:
  explicit failure_log(log_sink log) : log_{std::move(log)}, lines_{failure_log_gap} {}

  /// In a catch block.
  void write() {
    const auto held_back = admit();
    if (!held_back) return;
    const auto text = describe_current_exception();
    json data{{"what", text.what}, {"exception", text.type}};
    if (*held_back > 0) data["furtherFailures"] = *held_back;
    log_({"runtime", log_level::error, "a function given to emit_then failed", std::move(data), now()});
  }

 private:
  std::optional<std::uint64_t> admit() {
    std::lock_guard lock{mutex_};
    return lines_.admit(log_limit::clock::now());
  }

  const log_sink log_;
  std::mutex mutex_;
  log_limit lines_;
};

event_bus::event_bus(log_sink log, std::shared_ptr<deadline_timer> timer, std::shared_ptr<event_metrics> figures)
    : figures_{std::move(figures)},
      failures_{std::make_shared<failure_log>(std::move(log))},
      timer_{std::move(timer)} {}

emit_report event_bus::send(event&& e, bool is_in_the_log) {
  emit_report report;
  const hashed_text type{e.type()};
  std::optional<flight_block::departure> departing;
  /// Where room may have to be waited for, or made by giving up what others wait for; nobody may do so while reading
  /// what is published.
  inline_list<const route*, usual_matches> full_maybe;
  std::shared_ptr<const routing_snapshot> kept;
  const auto count = [&](bool enqueued, const route& to) {
    if (enqueued) {
      ++report.enqueued;
      return;
    }
    ++report.dropped;
    if (to.target->once) to.target->used_up = false;
    if (to.cell->overflow_of(*to.target).what == overflow_policy::kind::fail) report.failed.push_back(to.cell->name());
  };
  {
    const turn_pool::together turns;
    const auto routes = routes_.read();
    (*routes)->expect(type);
    auto& type_figures = figures_->of(type);
    type_figures.count_emitted();
    if (type_figures.is_logged() && !is_in_the_log) [[unlikely]]
      log_(e);
    (*routes)->for_each_match(type, [&](const route& r) {
      if (!r.cell->is_open() || !wants(r, departing ? departing->what() : e)) return;
      ++report.matched;
      if (!departing) departing.emplace(std::move(e), type_figures.number());
      if (r.makes_room)
        full_maybe.push_back(&r);
      else
        count(r.cell->push_at_once(event_delivery{departing->hand_out(), r.key}, *r.target), r);
    });
    if (!full_maybe.empty()) kept = *routes;
  }
  // This may be a call within another emit, whose turns must not wait for the room that they make.
  if (kept) turn_pool::together::flush();
  for (std::size_t i = 0; i < full_maybe.size(); ++i) {
    const auto& r = *full_maybe[i];
    count(r.cell->push(event_delivery{departing->hand_out(), r.key}, *r.target), r);
  }
  return report;
}

result<void> event_bus::send_again(event e, std::string_view plugin, std::string_view pattern) {
  const auto routes = *routes_.read();
  const route* target = nullptr;
  routes->for_each([&](const route& r) {
    if (!target && r.cell->is_open() && r.cell->name() == plugin && r.target->pattern == pattern) target = &r;
  });
  if (!target)
    return failure(ec::unavailable,
                   "no enabled plugin " + std::string{plugin} + " subscribes to '" + std::string{pattern} + "' now");
  const auto type = figures_->of(hashed_text{e.type()}).number();
  flight_block::departure departing{std::move(e), type};
  return target->cell->push_again(event_delivery{departing.hand_out(), target->key}, *target->target);
}

std::size_t event_bus::subscriptions_of(std::string_view plugin) const {
  std::size_t count = 0;
  const auto routes = *routes_.read();
  routes->for_each([&](const route& r) { count += r.cell->name() == plugin ? 1 : 0; });
  return count;
}

namespace {

/// What came of events of the log at one subscription, until all of it is known.
struct logged_batch {
  std::vector<delivery_result> results;
  std::atomic<std::size_t> open;
  std::function<void(std::vector<delivery_result>)> done;
};

}  // namespace

void event_bus::send_logged(const std::vector<event_ptr>& events, plugin_cell& to, const subscription_ptr& target,
                            std::function<void(std::vector<delivery_result>)> done) {
  if (events.empty()) return done({});
  const auto batch = std::make_shared<logged_batch>();
  batch->results.resize(events.size());
  batch->open = events.size();
  batch->done = std::move(done);
  const turn_pool::together turns;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto type = figures_->of(hashed_text{events[i]->type()}).number();
    auto* const call = new sync_call{event{*events[i]}, type, nullptr, nullptr};
    call->mark_logged();
    call->expect(target);
    call->retain(1);
    call->then([batch, i](sync_report report) {
      batch->results[i] = std::move(report.results.front());
      if (batch->open.fetch_sub(1, std::memory_order_acq_rel) == 1) batch->done(std::move(batch->results));
    });
    to.push(event_delivery{call->what(), target->key}, *target);
    call->release();
  }
}

/// A synchronous emit on its way out: the call, and whom it is for.
class event_bus::outgoing_call {
 public:
  /// `type` is the event's, `number` that of the type.
  outgoing_call(std::shared_ptr<const routing_snapshot> routes, const hashed_text& type, event_type_number number,
                event&& e, const void* issuer, awaited_call* parent) {
    routes->for_each_match(type, [&](const route& r) {
      if (r.cell->is_open() && wants(r, e)) matched_.push_back(&r);
    });
    call_.reset(new sync_call{std::move(e), number, issuer, parent});
    call_->reserve(matched_.size());
    for (std::size_t i = 0; i < matched_.size(); ++i)
      call_->expect({std::shared_ptr<const void>{}, matched_[i]->target});
    call_->retain_alone(static_cast<std::uint32_t>(matched_.size()));
    call_->keep(std::move(routes));
  }

  sync_call& call() const noexcept { return *call_; }
  std::size_t size() const noexcept { return matched_.size(); }
  const route& operator[](std::size_t i) const noexcept { return *matched_[i]; }

  /// Of the delivery to the i-th; once for each.
  event_delivery delivery_to(std::size_t i) const noexcept {
    return {call_->what(), matched_[i]->key, static_cast<std::uint32_t>(i)};
  }
  void push(std::size_t i) const { push(i, delivery_to(i)); }
  void push(std::size_t i, event_delivery&& delivery) const {
    const auto& to = *matched_[i];
    if (!to.cell->push(std::move(delivery), *to.target) && to.target->once) to.target->used_up = false;
  }

 private:
  struct release {
    void operator()(sync_call* call) const noexcept { call->release(); }
  };
  std::unique_ptr<sync_call, release> call_;
  inline_list<const route*, usual_matches> matched_;
};

sync_report event_bus::emit_sync(event&& e, std::chrono::milliseconds deadline) {
  const std::chrono::nanoseconds patience = bounded_wait(deadline);
  const auto quick = fast_for(patience);
  const hashed_text type{e.type()};
  auto& type_figures = figures_->of(type);
  type_figures.count_emitted();
  if (type_figures.is_logged()) log_(e);
  const outgoing_call out{
      *routes_.read(), type, type_figures.number(), std::move(e), plugin_cell::current(), plugin_cell::current_call()};
  enum class way : std::uint8_t { pushed, waiting_for_room, helped };
  inline_list<way, usual_matches> ways;
  bool all_helped = true;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& to = out[i];
    ways.push_back(to.cell->is_known_fast(quick)                                           ? way::helped
                   : to.cell->overflow_of(*to.target).what == overflow_policy::kind::block ? way::waiting_for_room
                                                                                           : way::pushed);
    all_helped = all_helped && ways[i] == way::helped;
  }
  if (!all_helped) {
    {
      const turn_pool::together turns;
      for (std::size_t i = 0; i < out.size(); ++i)
        if (ways[i] == way::pushed) out.push(i);
    }
    turn_pool::together::flush();  // Also when this is a call within another emit.
    for (std::size_t i = 0; i < out.size(); ++i)
      if (ways[i] == way::waiting_for_room) out.push(i);
  }
  // One after the other: a turn that turns out to be slow must not hold back those that would come after it.
  turn_sums sums{*figures_};
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (ways[i] != way::helped) continue;
    auto delivery = out.delivery_to(i);
    if (!out[i].cell->handle_if_idle(delivery, *out[i].target, sums)) out.push(i, std::move(delivery));
  }
  sums.flush();
  auto& call = out.call();
  if (call.all_answered()) return call.wait_until({});
  turn_pool::together::flush();
  const blocking_scope waits;
  return call.wait_until(sync_call::clock::now() + patience - call.age());
}

void event_bus::emit_then(event&& e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) {
  if (!done) throw error{ec::invalid_argument, "emit_then needs a function that takes the report"};
  const hashed_text type{e.type()};
  auto& type_figures = figures_->of(type);
  type_figures.count_emitted();
  if (type_figures.is_logged()) log_(e);
  const outgoing_call out{*routes_.read(), type, type_figures.number(), std::move(e), nullptr, nullptr};
  deadline_timer::ticket at_deadline;
  if (out.size() > 0) {
    out.call().retain(1);
    const std::shared_ptr<sync_call> kept{&out.call(), [](sync_call* c) { c->release(); }};
    const auto patience = bounded_wait(deadline);
    at_deadline = timer_->at(sync_call::clock::now() + patience, [kept] { kept->expire(); });
  }
  out.call().then(
      [failures = failures_, timer = std::weak_ptr{timer_}, at_deadline, done = std::move(done)](auto report) {
        if (const auto present = timer.lock()) present->cancel(at_deadline);
        try {
          done(std::move(report));
        } catch (...) {
          failures->write();
        }
      });
  const turn_pool::together turns;
  for (std::size_t i = 0; i < out.size(); ++i) out.push(i);
}

}  // namespace streamspace
