#include <streamspace/actors/sync_call.hpp>

namespace streamspace {

std::size_t sync_call::expect(std::string plugin, std::string subscription) {
  std::lock_guard lock{mutex_};
  delivery_result result;
  result.plugin = std::move(plugin);
  result.subscription = std::move(subscription);
  result.outcome = delivery_outcome::timeout;
  result.what = "no answer before the deadline";
  report_.results.push_back(std::move(result));
  answered_.push_back(false);
  ++open_;
  return report_.results.size() - 1;
}

void sync_call::answer(std::size_t index, delivery_outcome outcome, std::string exception_type, std::string what) {
  const auto took = std::chrono::duration_cast<duration>(clock::now() - started_);
  std::lock_guard lock{mutex_};
  if (answered_[index]) return;
  answered_[index] = true;
  auto& result = report_.results[index];
  result.outcome = outcome;
  result.exception_type = std::move(exception_type);
  result.what = std::move(what);
  result.took = took;
  if (--open_ == 0) all_answered_.notify_all();
}

sync_report sync_call::wait_until(clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  all_answered_.wait_until(lock, deadline, [&] { return open_ == 0; });
  awaited_ = false;
  const auto waited = std::chrono::duration_cast<duration>(clock::now() - started_);
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    if (answered_[i]) continue;
    answered_[i] = true;
    report_.results[i].took = waited;
  }
  return std::move(report_);
}

bool sync_call::is_awaited_by(const void* plugin) const noexcept {
  for (auto* call = this; call && call->awaited_; call = call->parent_.get())
    if (call->issuer_ == plugin) return true;
  return false;
}

sync_claim& sync_claim::operator=(sync_claim&& other) noexcept {
  sync_claim dropped{std::move(*this)};
  call_ = std::move(other.call_);
  index_ = other.index_;
  return *this;
}

sync_claim::~sync_claim() {
  if (call_) call_->answer(index_, delivery_outcome::terminated, {}, "the plugin ended before it handled the event");
}

void sync_claim::answer(delivery_outcome outcome, std::string exception_type, std::string what) {
  if (const auto call = std::exchange(call_, nullptr))
    call->answer(index_, outcome, std::move(exception_type), std::move(what));
}

}  // namespace streamspace
