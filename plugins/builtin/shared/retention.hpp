#pragma once

#include <chrono>
#include <optional>

#include <streamspace/messages/time.hpp>

namespace streamspace::builtin {

/// When old rows go: after every so many events, where there is a limit of age at all.
class retention {
 public:
  /// Days 0 keeps everything.
  retention(int days, int events_between_passes) : days_{days}, between_{events_between_passes} {}

  /// Counts one event; the instant before which rows may go now, or nothing when no pass is due.
  std::optional<timestamp> after_event(timestamp now) {
    if (++events_ < between_) return std::nullopt;
    events_ = 0;
    return cutoff(now);
  }
  /// The instant before which rows may go; nothing when all are kept.
  std::optional<timestamp> cutoff(timestamp now) const {
    if (days_ == 0) return std::nullopt;
    return now - std::chrono::days{days_};
  }

 private:
  int days_;
  int between_;
  int events_ = 0;
};

}  // namespace streamspace::builtin
