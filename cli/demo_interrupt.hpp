#pragma once

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace streamspace {

/// Turns the first SIGINT or SIGTERM into a request to stop; a second one ends the process at once. It blocks both
/// signals in the thread that makes it, and so in all threads that are started while it lives; one that is blocked
/// elsewhere stays so.
class demo_interrupt {
 public:
  demo_interrupt();
  ~demo_interrupt();
  demo_interrupt(const demo_interrupt&) = delete;
  demo_interrupt& operator=(const demo_interrupt&) = delete;

  const std::stop_token& stop() const noexcept { return token_; }
  /// The first signal that came; 0 when none did.
  int signal() const noexcept { return signal_; }

 private:
  void watch();

  sigset_t signals_{};
  sigset_t before_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  std::stop_source source_;
  std::stop_token token_ = source_.get_token();
  std::thread watcher_;
};

}  // namespace streamspace
