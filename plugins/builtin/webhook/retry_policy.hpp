#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace streamspace::builtin {

/// How one attempt to deliver went.
struct attempt_result {
  int status = 0;                                   ///< What the receiver answered; 0 when it did not.
  std::string fault = {};                           ///< Why there is no answer.
  std::optional<std::chrono::seconds> retry_after;  ///< What the receiver asked for.
};

enum class verdict : std::uint8_t { delivered, retry, failed };

/// How a delivery is tried again: after a pause that doubles each time and is partly left to chance, so that many
/// senders do not come back together.
struct retry_policy {
  int max_attempts = 5;
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{60'000};

  /// `attempts` counts the one judged. Delivered is any 2xx. Tried again are faults of the network, 429 and 5xx; all
  /// else (a redirect too, none is followed) would fail again.
  verdict judge(const attempt_result& result, int attempts) const noexcept;

  /// The pause after so many attempts; `chance` from 0 up to 1. From half of the doubled pause to all of it, but not
  /// less than the receiver asked for, up to an hour.
  std::chrono::milliseconds pause_after(int attempts, const attempt_result& result, double chance) const noexcept;
};

/// The result in a few words: "HTTP 503", or the fault.
std::string describe(const attempt_result& result);

}  // namespace streamspace::builtin
