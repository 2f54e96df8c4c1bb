#pragma once

namespace streamspace {

/// Says that the calling thread is about to wait: for a socket, a file, another process, a lock that may be held for
/// long. In a plugin's turn the runtime then lets another thread take over the turns of all other plugins at once,
/// instead of finding out some milliseconds later that this one stands still. The SDK's own blocking calls do this
/// themselves. Costs some tens of nanoseconds; nests; does nothing outside of a turn.
class blocking_scope {
 public:
  blocking_scope() noexcept;
  blocking_scope(const blocking_scope&) = delete;
  blocking_scope& operator=(const blocking_scope&) = delete;
};

/// The thread that runs a plugin's turn, as far as a blocking_scope has to know it. For the runtime.
class turn_thread {
 public:
  turn_thread() = default;
  turn_thread(const turn_thread&) = delete;
  turn_thread& operator=(const turn_thread&) = delete;
  virtual ~turn_thread() = default;

  virtual void about_to_block() noexcept = 0;

  /// The calling thread's, or null.
  static turn_thread* current() noexcept;
  static void set_current(turn_thread* thread) noexcept;
};

}  // namespace streamspace
