#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

/// How often and how soon what crashed is started again. As JSON an object with the members in brackets.
struct restart_limits {
  /// More crashes than this within `within` end the restarts; 0 allows none. 0 to 1000. [most]
  unsigned most = 5;
  std::chrono::seconds within{60};                  ///< 1 s to a day. [within_seconds]
  std::chrono::milliseconds first_delay{100};       ///< 0 to longest_delay. [first_delay_ms]
  std::chrono::milliseconds longest_delay{30'000};  ///< 0 to an hour. [longest_delay_ms]
  double factor = 2;                                ///< By which each delay is longer than the last; 1 to 10. [factor]
  double jitter = 0.2;                              ///< The share by which a delay is varied; 0 to 1. [jitter]
  /// After this long without a crash the delays begin anew. Longer than longest_delay, up to a day. [stable_after_ms]
  std::chrono::milliseconds stable_after{60'000};

  friend bool operator==(const restart_limits&, const restart_limits&) = default;
};

void to_json(json& out, const restart_limits& limits);
/// Members that are not there keep the value that `limits` has; unknown ones are ignored. Throws error
/// (invalid_argument, naming the member) and leaves `limits` alone when a member is of the wrong kind or out of range.
void from_json(const json& in, restart_limits& limits);

/// What a supervisor does about crashes of one child, as Erlang/OTP's supervisors count them, with a backoff. It has no
/// clock: the crash times come in, so that they can be kept over a restart of the host. For one thread at a time.
class restart_policy {
 public:
  struct verdict {
    bool restart;
    std::chrono::milliseconds delay;  ///< To wait before the restart; zero when there is none.

    friend bool operator==(const verdict&, const verdict&) = default;
  };

  /// `seed` decides the jitter.
  restart_policy(restart_limits limits, std::uint64_t seed) : limits_{limits}, random_{seed} {}

  /// Counts a crash and says what to do. Should the clock have been set back, earlier crashes count as of `at`.
  verdict crashed(timestamp at);

  /// The crashes that still count, oldest first: what restore() takes.
  std::vector<timestamp> crashes() const { return crashes_; }

  /// Goes on from crashes that another policy counted, in any order.
  void restore(std::vector<timestamp> crashes);

  /// Begins anew, as after an operator has seen to the cause.
  void forget() { crashes_.clear(); }

 private:
  void drop_what_counts_no_more();
  std::chrono::milliseconds backoff(std::size_t streak);

  restart_limits limits_;
  std::uint64_t random_;
  std::vector<timestamp> crashes_;  ///< Oldest first; the last ones of a row without a stable time, or in the window.
};

}  // namespace streamspace
