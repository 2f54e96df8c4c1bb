#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <streamspace/actors/restart_policy.hpp>
#include <streamspace/messages/json_members.hpp>

namespace streamspace {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// From so many crashes in a row on the delay grows no more, so that no more of them need to be kept.
constexpr std::size_t longest_streak = 64;

/// The next number of the SplitMix64 sequence (Steele, Lea, Flood 2014), from 0 up to 1.
double next_share(std::uint64_t& state) {
  auto bits = state += 0x9E3779B97F4A7C15ULL;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace

void to_json(json& out, const restart_limits& limits) {
  out = json{{"most", limits.most},
             {"within_seconds", limits.within.count()},
             {"first_delay_ms", limits.first_delay.count()},
             {"longest_delay_ms", limits.longest_delay.count()},
             {"factor", limits.factor},
             {"jitter", limits.jitter},
             {"stable_after_ms", limits.stable_after.count()}};
}

void from_json(const json& in, restart_limits& limits) {
  using namespace json_members;
  demand_object(in, "the restart limits");
  constexpr milliseconds day = std::chrono::days{1};
  auto read = limits;
  read_number(in, "most", 0, 1000, read.most);
  read_duration(in, "within_seconds", seconds{1}, seconds{std::chrono::days{1}}, read.within);
  read_duration(in, "longest_delay_ms", milliseconds{0}, milliseconds{std::chrono::hours{1}}, read.longest_delay);
  read_duration(in, "first_delay_ms", milliseconds{0}, milliseconds{std::chrono::hours{1}}, read.first_delay);
  read_number(in, "factor", 1, 10, read.factor);
  read_number(in, "jitter", 0, 1, read.jitter);
  read_duration(in, "stable_after_ms", milliseconds{1}, day, read.stable_after);
  if (read.first_delay > read.longest_delay)
    out_of_range("first_delay_ms", "at most longest_delay_ms, which is " + std::to_string(read.longest_delay.count()));
  if (read.stable_after <= read.longest_delay)
    out_of_range("stable_after_ms", "more than longest_delay_ms, which is " +
                                        std::to_string(read.longest_delay.count()) +
                                        ", as waiting for a restart is not running well");
  limits = read;
}

restart_policy::verdict restart_policy::crashed(timestamp at) {
  for (auto& earlier : crashes_) earlier = std::min(earlier, at);
  crashes_.push_back(at);
  drop_what_counts_no_more();
  const auto recent = std::count_if(crashes_.begin(), crashes_.end(),
                                    [&](timestamp earlier) { return at - earlier <= limits_.within; });
  if (static_cast<std::size_t>(recent) > limits_.most) return {false, {}};
  std::size_t streak = 1;
  for (auto i = crashes_.size() - 1; i > 0 && crashes_[i] - crashes_[i - 1] < limits_.stable_after; --i) ++streak;
  return {true, backoff(streak)};
}

void restart_policy::restore(std::vector<timestamp> crashes) {
  std::sort(crashes.begin(), crashes.end());
  crashes_ = std::move(crashes);
  drop_what_counts_no_more();
}

void restart_policy::drop_what_counts_no_more() {
  if (crashes_.empty()) return;
  const auto last = crashes_.back();
  const auto most_kept = std::max<std::size_t>(longest_streak, limits_.most + std::size_t{1});
  auto first = crashes_.size() - 1;
  while (first > 0 && crashes_.size() - first < most_kept &&
         (last - crashes_[first - 1] <= limits_.within || crashes_[first] - crashes_[first - 1] < limits_.stable_after))
    --first;
  crashes_.erase(crashes_.begin(), crashes_.begin() + static_cast<std::ptrdiff_t>(first));
}

milliseconds restart_policy::backoff(std::size_t streak) {
  const auto grown = static_cast<double>(limits_.first_delay.count()) *
                     std::pow(limits_.factor, static_cast<double>(std::min(streak, longest_streak) - 1));
  const auto longest = static_cast<double>(limits_.longest_delay.count());
  const auto varied = std::min(grown, longest) * (1 + limits_.jitter * (2 * next_share(random_) - 1));
  return milliseconds{static_cast<std::int64_t>(std::min(varied, longest))};
}

}  // namespace streamspace
