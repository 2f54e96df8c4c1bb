#include <algorithm>
#include <utility>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/testing/harness_bus.hpp>

namespace streamspace::testing {

namespace {

constexpr std::size_t most_in_a_row = 10'000;

}  // namespace

void harness_bus::seat(plugin_instance* instance) {
  std::deque<item> forgotten;
  std::lock_guard lock{mutex_};
  instance_ = instance;
  if (!instance_) queue_.swap(forgotten);
}

void harness_bus::publish(std::vector<subscription_ptr> subscriptions) {
  std::stable_sort(subscriptions.begin(), subscriptions.end(),
                   [](const auto& a, const auto& b) { return a->priority > b->priority; });
  std::lock_guard lock{mutex_};
  subscriptions_.swap(subscriptions);
}

void harness_bus::set_open(bool open) {
  std::lock_guard lock{mutex_};
  open_ = open;
}

bool harness_bus::mark_turn(bool on) {
  std::lock_guard lock{mutex_};
  return std::exchange(in_turn_, on);
}

bool harness_bus::is_in_turn() const {
  std::lock_guard lock{mutex_};
  return in_turn_;
}

timestamp harness_bus::time() const {
  std::lock_guard lock{mutex_};
  return now_;
}

void harness_bus::advance(duration by) {
  std::lock_guard lock{mutex_};
  now_ += by;
}

void harness_bus::log(log_record record) {
  std::lock_guard lock{mutex_};
  record.time = now_;
  logs_.push_back(std::move(record));
}

void harness_bus::log_failure(std::string_view during, const call_outcome& outcome) {
  json data{{"during", during}, {"what", outcome.what}};
  if (!outcome.exception_type.empty()) data["exception"] = outcome.exception_type;
  log({instance_->context().name(), log_level::error, "a handler failed", std::move(data), {}});
}

std::vector<log_record> harness_bus::logs() const {
  std::lock_guard lock{mutex_};
  return logs_;
}

std::vector<event_ptr> harness_bus::emitted() const {
  std::lock_guard lock{mutex_};
  return emitted_;
}

// -- what comes in --------------------------------------------------------------------------------------------------

event_ptr harness_bus::keep(event&& e) {
  auto kept = std::make_shared<event>(std::move(e));
  std::lock_guard lock{mutex_};
  kept->set_time(now_);
  emitted_.push_back(kept);
  return kept;
}

/// As the event bus judges: the filter first, so that an event that it does not admit uses up no subscription for once.
template <class Visitor>
void harness_bus::for_each_match(const event& e, Visitor&& visit) const {
  if (!open_) return;
  for (const auto& s : subscriptions_) {
    if (!matches(s->pattern, e.type())) continue;
    if (s->filter && !s->filter->admits(e)) continue;
    if (s->once && s->used_up.load()) continue;
    visit(s);
  }
}

std::size_t harness_bus::enqueue(const event_ptr& e, const std::shared_ptr<answers>& into) {
  std::lock_guard lock{mutex_};
  std::size_t count = 0;
  for_each_match(*e, [&](const subscription_ptr& s) {
    if (s->once) s->used_up = true;
    queue_.push_back({s, e, into, count++, {}});
  });
  if (into) {
    into->report.results.resize(count);
    into->open = count;
  }
  return count;
}

emit_report harness_bus::emit(event&& e) {
  emit_report report;
  report.matched = report.enqueued = enqueue(keep(std::move(e)), nullptr);
  return report;
}

sync_report harness_bus::emit_sync(event&& e, std::chrono::milliseconds) {
  const auto kept = keep(std::move(e));
  if (is_in_turn()) {
    sync_report report;
    std::lock_guard lock{mutex_};
    for_each_match(*kept, [&](const subscription_ptr& s) {
      report.results.emplace_back(
          s->plugin, s->pattern, delivery_outcome::would_deadlock, std::string{},
          "the plugin waits for this very call, so it cannot handle the event before it returns");
    });
    return report;
  }
  const auto into = std::make_shared<answers>();
  enqueue(kept, into);
  static_cast<void>(run());
  return std::move(into->report);
}

void harness_bus::emit_then(event&& e, std::chrono::milliseconds, std::function<void(sync_report)> done) {
  if (!done) throw error{ec::invalid_argument, "emit_then needs a function that takes the report"};
  const auto into = std::make_shared<answers>();
  into->done = std::move(done);
  if (enqueue(keep(std::move(e)), into) == 0) std::exchange(into->done, nullptr)({});
}

void harness_bus::post(std::function<void()> task) {
  std::lock_guard lock{mutex_};
  if (instance_) queue_.push_back({nullptr, nullptr, nullptr, 0, std::move(task)});
}

harness_report harness_bus::deliver(event e) {
  e.set_time(time());
  const auto into = std::make_shared<answers>();
  const auto what = std::make_shared<const event>(std::move(e));
  enqueue(what, into);
  harness_report report{{}, run_all(into.get())};
  report.results = std::move(into->report.results);
  return report;
}

// -- turns ----------------------------------------------------------------------------------------------------------

bool harness_bus::take(item& next) {
  std::lock_guard lock{mutex_};
  if (queue_.empty()) return false;
  next = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

harness_report harness_bus::run() {
  if (is_in_turn()) return {};
  return {{}, run_all(nullptr)};
}

std::vector<delivery_result> harness_bus::run_all(const answers* apart) {
  std::vector<delivery_result> results;
  item next;
  for (std::size_t count = 0; take(next); ++count) {
    if (count == most_in_a_row) refuse_the_circle(next);
    auto result = handle(next);
    if (!apart || next.into.get() != apart) results.push_back(result);
    if (!next.into) continue;
    next.into->report.results[next.index] = std::move(result);
    if (--next.into->open == 0 && next.into->done) next.into->done(std::move(next.into->report));
  }
  return results;
}

delivery_result harness_bus::handle(item& next) {
  auto outcome =
      in_turn([&] { return next.target ? instance_->handle(*next.target, *next.what) : instance_->run(next.task); });
  if (!outcome.ok()) log_failure(next.target ? next.what->type() : "a callback", outcome);
  return {instance_->context().name(), next.target ? next.target->pattern : std::string{}, outcome.outcome,
          std::move(outcome.exception_type), std::move(outcome.what)};
}

void harness_bus::refuse_the_circle(const item& next) {
  std::deque<item> forgotten;
  {
    std::lock_guard lock{mutex_};
    queue_.swap(forgotten);
  }
  const auto what = next.target ? "'" + next.what->type() + "'" : std::string{"a callback"};
  throw error{ec::plugin_failed, "plugin " + instance_->context().name() + " emits in a circle: after " +
                                     std::to_string(most_in_a_row) + " deliveries " + what +
                                     " was next; the rest is given up"};
}

}  // namespace streamspace::testing
