#pragma once

#include <sched.h>

namespace streamspace {

/// The processor that the calling thread is on; -1 where the kernel does not say.
int present_processor() noexcept;

/// Keeps the calling thread on one of the processors that it may use, for as long as the scope lasts; else it may use
/// those that it might before. A thread that sleeps so wakes where its waker is, if that is there, which takes
/// microseconds; to wake a processor that has gone to rest takes ten times that.
class processor_stay {
 public:
  /// `index` counts the processors that the thread may use, round and round.
  explicit processor_stay(unsigned index) noexcept;
  processor_stay(const processor_stay&) = delete;
  processor_stay& operator=(const processor_stay&) = delete;
  ~processor_stay();

  /// Where it stays; -1 when it may be anywhere, as the thread has one processor anyway or the kernel refuses.
  int processor() const noexcept { return processor_; }

 private:
  cpu_set_t before_{};
  int processor_ = -1;
};

}  // namespace streamspace
