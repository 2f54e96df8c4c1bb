#pragma once

#include <cstddef>
#include <memory>
#include <thread>

#include <streamspace/actors/deadline_queue.hpp>

namespace streamspace {

/// Calls callbacks at their deadlines, on one thread of its own, one after the other: each must be short, not block and
/// not throw. Cancelled entries leave nothing behind, and adding what is due later than all others wakes nobody. What
/// is added, with its deadline met or not, is called or cancelled. Thread-safe but for stop().
class deadline_timer {
 public:
  using clock = deadline_queue::clock;
  using callback = deadline_queue::callback;
  using ticket = deadline_queue::ticket;

  deadline_timer();
  deadline_timer(const deadline_timer&) = delete;
  deadline_timer& operator=(const deadline_timer&) = delete;
  /// stop(), if it was not called.
  ~deadline_timer();

  /// Has `what` called at `at`, at once when that is past. After stop() it is called within this call.
  ticket at(clock::time_point at, callback what);
  /// False when it was called, is being called or was cancelled before. Does not wait for a callback that runs.
  bool cancel(const ticket& which);

  /// Calls all that is left at once and ends the thread; returns when that is done, unless it is called from a
  /// callback.
  void stop();

  /// How many wait for their deadlines.
  std::size_t waiting() const;

 private:
  class core;
  std::shared_ptr<core> core_;  ///< Shared with the thread: a callback may destroy the timer.
  std::thread thread_;
};

}  // namespace streamspace
