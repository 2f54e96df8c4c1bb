#pragma once

#include <sched.h>

namespace streamspace {

/// The processor that the calling thread is on; -1 where the kernel does not say.
int present_processor() noexcept;

/// Processors that a thread may use.
class processor_set {
 public:
  /// Those of the calling thread; none where the kernel does not say.
  static processor_set of_this_thread() noexcept;

  int size() const noexcept { return CPU_COUNT(&set_); }
  bool has(int processor) const noexcept {
    return processor >= 0 && processor < CPU_SETSIZE && CPU_ISSET(static_cast<unsigned>(processor), &set_);
  }
  /// Any for which `fits(processor)` holds; -1 when there is none.
  template <class Predicate>
  int find(Predicate fits) const {
    for (int p = 0, left = size(); left > 0; ++p) {
      if (!has(p)) continue;
      if (fits(p)) return p;
      --left;
    }
    return -1;
  }

 private:
  friend class processor_stay;

  cpu_set_t set_{};
};

/// Keeps the calling thread on one processor for as long as the scope lasts; then it may use those of `before`. A
/// thread that sleeps so wakes where its waker is, if that is there, which takes microseconds; to wake a processor that
/// has gone to rest takes ten times that.
class processor_stay {
 public:
  /// One of `before`, or -1: then it may be anywhere.
  processor_stay(int processor, const processor_set& before) noexcept;
  processor_stay(const processor_stay&) = delete;
  processor_stay& operator=(const processor_stay&) = delete;
  ~processor_stay();

  /// Whether it stays, rather than that the kernel refuses.
  bool holds() const noexcept { return holds_; }

 private:
  const processor_set before_;
  bool holds_ = false;
};

}  // namespace streamspace
