#include <utility>

#include <streamspace/actors/service_call.hpp>

namespace streamspace {

bool service_call::begin() {
  const std::lock_guard lock{mutex_};
  if (now_ != stage::waiting) return false;
  now_ = stage::begun;
  return true;
}

result<void> service_call::too_late() const {
  return failure(ec::timeout,
                 "plugin " + what_.provider + " did not answer the call of " + what_.type.text() +
                     (now_ == stage::begun ? " in time; it may still be done" : " in time; it is not done"));
}

void service_call::settle(std::unique_lock<std::mutex> lock, result<void> with) {
  if (now_ == stage::answered) return;
  now_ = stage::answered;
  if (!done_) {
    answer_ = std::move(with);
    answered_.notify_all();
    return;
  }
  const auto done = std::exchange(done_, nullptr);
  lock.unlock();
  done(std::move(with));
}

void service_call::answer(result<void> with) {
  settle(std::unique_lock{mutex_}, std::move(with));
}

void service_call::expire() {
  std::unique_lock lock{mutex_};
  if (now_ == stage::answered) return;
  auto late = too_late();
  settle(std::move(lock), std::move(late));
}

bool service_call::is_answered() const {
  const std::lock_guard lock{mutex_};
  return now_ == stage::answered;
}

result<void> service_call::wait_until(clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  if (!answered_.wait_until(lock, deadline, [&] { return now_ == stage::answered; })) {
    answer_ = too_late();
    now_ = stage::answered;
  }
  awaited_no_more();
  return std::move(*answer_);
}

void service_call::then(callback done) {
  awaited_no_more();
  {
    const std::lock_guard lock{mutex_};
    if (now_ != stage::answered) {
      done_ = std::move(done);
      return;
    }
  }
  done(std::move(*answer_));
}

service_delivery::~service_delivery() {
  if (call_)
    call_->answer(failure(ec::unavailable, "plugin " + call_->what().provider + " ended before it handled the call"));
}

}  // namespace streamspace
