#include <algorithm>

#include <streamspace/plugins/builtin/webhook/retry_policy.hpp>

namespace streamspace::builtin {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds longest_retry_after{3'600};

}  // namespace

verdict retry_policy::judge(const attempt_result& result, int attempts) const noexcept {
  if (result.status >= 200 && result.status < 300) return verdict::delivered;
  const bool may_pass = result.status == 0 || result.status == 429 || result.status >= 500;
  return may_pass && attempts < max_attempts ? verdict::retry : verdict::failed;
}

milliseconds retry_policy::pause_after(int attempts, const attempt_result& result, double chance) const noexcept {
  auto whole = first_pause;
  for (int i = 1; i < attempts && whole < longest_pause; ++i) whole *= 2;
  whole = std::min(whole, longest_pause);
  const auto half = static_cast<double>(whole.count()) / 2;
  auto pause = milliseconds{static_cast<milliseconds::rep>(half + half * chance)};
  if (result.retry_after) pause = std::max<milliseconds>(pause, std::min(*result.retry_after, longest_retry_after));
  return pause;
}

std::string describe(const attempt_result& result) {
  if (result.status == 0) return result.fault.empty() ? "no answer" : result.fault;
  if (result.status >= 300 && result.status < 400)
    return "HTTP " + std::to_string(result.status) + ", a redirect, which is not followed";
  return "HTTP " + std::to_string(result.status);
}

}  // namespace streamspace::builtin
