#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include <streamspace/plugins/builtin/webhook/retry_policy.hpp>
#include <streamspace/plugins/builtin/webhook/token_bucket.hpp>

namespace streamspace::builtin {

/// One event on its way to one endpoint.
struct delivery {
  long long row = 0;  ///< Its row in the table of deliveries.
  std::string event_id;
  std::string event_type;
  std::string body;
  int attempts = 0;  ///< Made so far.
};

/// The deliveries of one endpoint, in order: the first is tried until it is delivered or given up, the others wait. One
/// attempt at a time, and no more than the rate allows. It does nothing itself: it says what may be done when.
class delivery_lane {
 public:
  using clock = token_bucket::clock;

  delivery_lane(retry_policy policy, token_bucket rate) : policy_{policy}, rate_{rate} {}

  void add(delivery d) { waiting_.push_back(std::move(d)); }
  /// Those in the lane, the one under way included.
  std::size_t size() const noexcept { return waiting_.size(); }
  bool under_way() const noexcept { return under_way_; }

  /// When the next attempt may begin; nothing when there is none to make, or one is under way.
  std::optional<clock::time_point> next_attempt() const noexcept;
  /// Begins the next attempt, which must be due; what to send.
  const delivery& begin(clock::time_point now);

  struct settled {
    delivery what;  ///< With this attempt counted.
    verdict outcome = verdict::failed;
  };
  /// Ends the attempt under way. A delivery that was delivered or has failed is gone from the lane. `chance` as in
  /// retry_policy.
  settled finish(const attempt_result& result, clock::time_point now, double chance);
  /// Ends the attempt under way without a result; the delivery is gone from the lane.
  delivery abandon();

 private:
  retry_policy policy_;
  token_bucket rate_;
  std::deque<delivery> waiting_;
  clock::time_point not_before_{};
  bool under_way_ = false;
};

}  // namespace streamspace::builtin
