#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <utility>

#include <streamspace/plugins/sdk/ports.hpp>

namespace streamspace {

/// What runtime::emit_collected() gives. `co_await` it, once: that emits, and gives one result for each subscription
/// when the last has answered, at the latest at the deadline. The coroutine must not be destroyed while it waits. It
/// goes on where the last answer was brought: in the call when that was before it had to wait, else on the thread that
/// brought it (often one in a plugin's turn) or that watches the deadlines, neither of which it may hold up; or where
/// an executor takes it.
class [[nodiscard]] collected_emit {
 public:
  /// Has a function called once, on a thread of its choice.
  using executor = std::function<void(std::function<void()>)>;

  collected_emit(std::shared_ptr<event_port> bus, event e, std::chrono::milliseconds deadline, executor resume_on)
      : bus_{std::move(bus)}, event_{std::move(e)}, deadline_{deadline}, resume_on_{std::move(resume_on)} {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    bus_->emit_then(std::move(event_), deadline_, [this, waiting](sync_report report) {
      report_ = std::move(report);
      if (is_first()) return;
      // Once it is resumed, this may be gone.
      if (const auto resume_on = std::move(resume_on_))
        resume_on([waiting] { waiting.resume(); });
      else
        waiting.resume();
    });
    return is_first();
  }
  sync_report await_resume() noexcept { return std::move(report_); }

 private:
  /// The report may come before the coroutine is suspended; whichever is second goes on with it.
  bool is_first() noexcept { return !one_is_there_.exchange(true); }

  std::shared_ptr<event_port> bus_;
  event event_;
  std::chrono::milliseconds deadline_;
  executor resume_on_;
  sync_report report_;
  std::atomic<bool> one_is_there_{false};
};

}  // namespace streamspace
