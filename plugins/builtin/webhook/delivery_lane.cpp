#include <algorithm>
#include <utility>

#include <streamspace/plugins/builtin/webhook/delivery_lane.hpp>

namespace streamspace::builtin {

std::optional<delivery_lane::clock::time_point> delivery_lane::next_attempt() const noexcept {
  if (waiting_.empty() || under_way_) return std::nullopt;
  return std::max(not_before_, rate_.ready_at());
}

const delivery& delivery_lane::begin(clock::time_point now) {
  rate_.try_take(now);
  under_way_ = true;
  return waiting_.front();
}

delivery_lane::settled delivery_lane::finish(const attempt_result& result, clock::time_point now, double chance) {
  auto& first = waiting_.front();
  ++first.attempts;
  const auto outcome = policy_.judge(result, first.attempts);
  if (outcome != verdict::retry) return {abandon(), outcome};
  under_way_ = false;
  not_before_ = now + policy_.pause_after(first.attempts, result, chance);
  return {first, outcome};
}

delivery delivery_lane::abandon() {
  auto gone = std::move(waiting_.front());
  waiting_.pop_front();
  under_way_ = false;
  not_before_ = {};
  return gone;
}

}  // namespace streamspace::builtin
