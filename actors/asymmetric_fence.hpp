#pragma once

#include <atomic>

namespace streamspace {

/// A full fence in two halves of unlike price, for two threads each of which writes something and then reads what the
/// other wrote: of light() in the one and heavy() in the other, at least one thread sees the other's write. light()
/// costs nothing where the kernel can have all other threads of the process pass a fence (membarrier(2), as of Linux
/// 4.14), and else what a full fence does. heavy() takes some microseconds. Neither waits for another thread.
class asymmetric_fence {
 public:
  static void light() noexcept {
    if (kernel_helps_.load(std::memory_order_relaxed)) [[likely]]
      std::atomic_signal_fence(std::memory_order_seq_cst);
    else
      full();
  }
  static void heavy() noexcept;

 private:
  static void full() noexcept;

  /// Goes from false to true once, early: a full fence is both halves in one, so either may meet the other.
  static std::atomic<bool> kernel_helps_;
};

}  // namespace streamspace
