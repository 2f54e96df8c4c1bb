#pragma once

#include <chrono>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace::builtin {

/// From `since` on, up to but without `until`.
struct time_window {
  timestamp since{};
  timestamp until{};

  friend bool operator==(const time_window&, const time_window&) = default;
};

/// The longest window that is answered; it bounds the hours and days in an answer.
inline constexpr std::chrono::days longest_window{366};

/// Reads ?since=&until=. Without `until` the window ends now, without `since` it has the usual length.
/// Errors: invalid_argument, also for a window that is empty, backwards or longer than the longest.
time_window read_time_window(const request& rq, timestamp now, std::chrono::hours usual);

}  // namespace streamspace::builtin
