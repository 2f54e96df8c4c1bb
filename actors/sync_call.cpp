#include <algorithm>
#include <thread>
#include <utility>

#include <streamspace/actors/sync_call.hpp>

namespace streamspace {

sync_call::sync_call(event&& e, event_type_number type, const void* issuer, awaited_call* parent)
    : flight_owner{1}, awaited_call{issuer, parent}, flight_{*this, flight::kind::call, type, std::move(e)} {}

event_ptr sync_call::share(const event& e) {
  // A copy: the call keeps the plugins it was for, and so would those who keep the event, dead letters of theirs among
  // them.
  return std::make_shared<const event>(e);
}

void sync_call::answer(std::uint32_t index, delivery_outcome outcome, std::string exception_type,
                       std::string what) noexcept {
  auto& s = slots_[index];
  if (!begin_answer(s, outcome)) return;
  s.why = std::make_unique<failure>(failure{std::move(exception_type), std::move(what)});
  end_answer(s);
}

void sync_call::answer_handled(std::uint32_t index) noexcept {
  auto& s = slots_[index];
  if (begin_answer(s, delivery_outcome::handled)) end_answer(s);
}

void sync_call::answer_handled_here(std::uint32_t index) noexcept {
  auto& s = slots_[index];
  s.outcome = delivery_outcome::handled;
  s.answered_at = tick_count();
  s.at.store(stage::answered, std::memory_order_relaxed);
  ++answered_here_;
}

bool sync_call::begin_answer(slot& s, delivery_outcome outcome) noexcept {
  auto expected = stage::open;
  if (!s.at.compare_exchange_strong(expected, stage::writing)) return false;
  s.outcome = outcome;
  s.answered_at = tick_count();
  return true;
}

void sync_call::end_answer(slot& s) noexcept {
  s.at.store(stage::answered, std::memory_order_release);
  if (open_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  {
    std::lock_guard lock{mutex_};
    all_answered_.notify_all();
    if (!done_) return;
  }
  finish();
}

sync_report sync_call::wait_until(clock::time_point deadline) {
  if (!all_answered()) {
    open_.fetch_sub(std::exchange(answered_here_, 0), std::memory_order_acq_rel);
    std::unique_lock lock{mutex_};
    all_answered_.wait_until(lock, deadline, [&] { return all_answered(); });
  }
  awaited_no_more();
  return collect();
}

void sync_call::then(std::function<void(sync_report)> done) {
  awaited_no_more();
  {
    std::lock_guard lock{mutex_};
    done_ = std::move(done);
    if (!all_answered() && !expired_) return;
  }
  finish();
}

void sync_call::expire() {
  {
    std::lock_guard lock{mutex_};
    expired_ = true;
  }
  finish();
}

void sync_call::finish() {
  decltype(done_) done;
  {
    std::lock_guard lock{mutex_};
    done.swap(done_);
  }
  if (done) done(collect());
}

sync_report sync_call::collect() {
  const auto in_unit = [](std::chrono::nanoseconds time) { return std::chrono::duration_cast<duration>(time); };
  sync_report report;
  report.results.reserve(slots_.size());
  for (auto& s : slots_) {
    auto expected = s.at.load(std::memory_order_acquire);
    const bool has_answered = expected != stage::open || !s.at.compare_exchange_strong(expected, stage::answered);
    if (has_answered)
      while (s.at.load(std::memory_order_acquire) != stage::answered) std::this_thread::yield();
    auto& result = report.results.emplace_back(s.target->plugin, s.target->pattern,
                                               in_unit(has_answered ? time_until(s.answered_at) : age()));
    result.outcome = s.outcome;
    if (!has_answered) {
      result.what = "no answer before the deadline";
    } else if (s.why) {
      result.exception_type = std::move(s.why->exception_type);
      result.what = std::move(s.why->what);
    }
  }
  return report;
}

}  // namespace streamspace
