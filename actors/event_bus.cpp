#include <algorithm>
#include <mutex>
#include <vector>

#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/flight_block.hpp>
#include <streamspace/actors/log_limit.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

/// A caller that waits takes the turn of a plugin whose items take less than this.
constexpr std::chrono::nanoseconds fast{100'000};
/// And with a deadline only if they take less than this part of it.
constexpr int part_of_deadline = 100;

constexpr std::size_t usual_matches = 16;

constexpr log_limit::clock::duration failure_log_gap = std::chrono::seconds{1};

struct flight_release {
  void operator()(flight_owner* of) const noexcept { of->release(); }
};

/// Whether this subscription is to get this event at all.
bool wants(subscription& s, const event& e) {
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

event_bus::event_bus(log_sink log, std::shared_ptr<deadline_timer> timer)
    : failures_{std::make_shared<failure_log>(std::move(log))}, timer_{std::move(timer)} {}

emit_report event_bus::emit(event e) {
  emit_report report;
  std::optional<flight_block::departure> departing;
  /// What may have to wait for room, which nobody may do while reading the table.
  std::vector<route> patient;
  const auto deliver = [&](const route& to) {
    if (to.cell->push(event_delivery{departing->hand_out(), to.key}, *to.target)) {
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
    routes->for_each_match(e.type(), [&](const route& r) {
      if (!r.cell->is_open() || !wants(*r.target, departing ? departing->what() : e)) return;
      ++report.matched;
      r.cell->expect_event();
      if (!departing) departing.emplace(std::move(e));
      if (r.cell->overflow_of(*r.target).what == overflow_policy::kind::block)
        patient.push_back(r);
      else
        deliver(r);
    });
  }
  for (const auto& r : patient) deliver(r);
  return report;
}

result<void> event_bus::send_again(event e, std::string_view plugin, std::string_view pattern) {
  std::optional<route> target;
  routes_.read()->for_each([&](const route& r) {
    if (!target && r.cell->is_open() && r.cell->name() == plugin && r.target->pattern == pattern) target = r;
  });
  if (!target)
    return failure(ec::unavailable,
                   "no enabled plugin " + std::string{plugin} + " subscribes to '" + std::string{pattern} + "' now");
  flight_block::departure departing{std::move(e)};
  return target->cell->push_again(event_delivery{departing.hand_out(), target->key}, *target->target);
}

sync_report event_bus::emit_sync(event e, std::chrono::milliseconds deadline) {
  const auto started = sync_call::clock::now();
  const auto patience = std::min<std::chrono::nanoseconds>(fast, std::min(deadline, longest_wait) / part_of_deadline);
  struct awaited {
    std::shared_ptr<plugin_cell> cell;
    subscription* target;  ///< The call keeps it alive.
    subscription_key key;
    bool helped;
  };
  auto* const call = new sync_call{std::move(e), plugin_cell::current(), plugin_cell::current_call(), started};
  const std::unique_ptr<sync_call, flight_release> mine{call};
  std::vector<awaited> matched;
  matched.reserve(usual_matches);
  call->reserve(usual_matches);
  {
    const auto& what = call->what().what();
    const auto routes = routes_.read();
    routes->for_each_match(what.type(), [&](const route& r) {
      if (!r.cell->is_open() || !wants(*r.target, what)) return;
      call->expect(r.target);
      matched.push_back({r.cell, r.target.get(), r.key, r.cell->is_known_fast(patience)});
    });
  }
  call->retain(static_cast<std::uint32_t>(matched.size()));
  const auto delivery_to = [&](std::size_t i) {
    return event_delivery{call->what(), matched[i].key, static_cast<std::uint32_t>(i)};
  };
  const auto push = [&](event_delivery&& delivery, const awaited& to) {
    if (!to.cell->push(std::move(delivery), *to.target) && to.target->once) to.target->used_up = false;
  };
  const auto waits_for_room = [](const awaited& to) {
    return to.cell->overflow_of(*to.target).what == overflow_policy::kind::block;
  };
  {
    const turn_pool::together turns;
    for (std::size_t i = 0; i < matched.size(); ++i)
      if (!matched[i].helped && !waits_for_room(matched[i])) push(delivery_to(i), matched[i]);
  }
  for (std::size_t i = 0; i < matched.size(); ++i)
    if (!matched[i].helped && waits_for_room(matched[i])) push(delivery_to(i), matched[i]);
  // One after the other: a turn that turns out to be slow must not hold back those that would come after it.
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (!matched[i].helped) continue;
    auto delivery = delivery_to(i);
    if (!matched[i].cell->handle_if_idle(delivery, *matched[i].target)) push(std::move(delivery), matched[i]);
  }
  if (!call->all_answered()) {
    const blocking_scope waits;
    return call->wait_until(started + std::min(deadline, longest_wait));
  }
  return call->wait_until(started);
}

void event_bus::emit_then(event e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) {
  if (!done) throw error{ec::invalid_argument, "emit_then needs a function that takes the report"};
  const auto started = sync_call::clock::now();
  auto* const call = new sync_call{std::move(e), nullptr, nullptr, started};
  const std::unique_ptr<sync_call, flight_release> mine{call};
  std::vector<route> matched;
  matched.reserve(usual_matches);
  call->reserve(usual_matches);
  {
    const auto& what = call->what().what();
    const auto routes = routes_.read();
    routes->for_each_match(what.type(), [&](const route& r) {
      if (!r.cell->is_open() || !wants(*r.target, what)) return;
      call->expect(r.target);
      matched.push_back(r);
    });
  }
  deadline_timer::ticket at_deadline;
  if (!matched.empty()) {
    call->retain(1);
    const std::shared_ptr<sync_call> kept{call, [](sync_call* c) { c->release(); }};
    const auto patience = std::clamp<std::chrono::milliseconds>(deadline, std::chrono::milliseconds{0}, longest_wait);
    at_deadline = timer_->at(started + patience, [kept] { kept->expire(); });
  }
  call->then([failures = failures_, timer = std::weak_ptr{timer_}, at_deadline, done = std::move(done)](auto report) {
    if (const auto present = timer.lock()) present->cancel(at_deadline);
    try {
      done(std::move(report));
    } catch (...) {
      failures->write();
    }
  });
  call->retain(static_cast<std::uint32_t>(matched.size()));
  const turn_pool::together turns;
  for (std::size_t i = 0; i < matched.size(); ++i) {
    const auto& to = matched[i];
    event_delivery delivery{call->what(), to.key, static_cast<std::uint32_t>(i)};
    if (!to.cell->push(std::move(delivery), *to.target) && to.target->once) to.target->used_up = false;
  }
}

}  // namespace streamspace
