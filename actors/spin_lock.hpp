#pragma once

#include <atomic>
#include <sched.h>

namespace streamspace {

/// A lock for sections of some tens of instructions that nothing in them can make wait. Half the price of a mutex when
/// nobody else wants it; whoever finds it held for longer than a moment gives the processor to the holder.
class spin_lock {
 public:
  void lock() noexcept {
    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      await();
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

  /// Lets some tens of nanoseconds pass.
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

 private:
  static constexpr int patience = 64;

  [[gnu::noinline]] void await() noexcept {
    do {
      for (int spins = 0; held_.load(std::memory_order_relaxed); ++spins) {
        if (spins < patience)
          relax();
        else
          ::sched_yield();
      }
    } while (held_.exchange(true, std::memory_order_acquire));
  }

  std::atomic<bool> held_{false};
};

}  // namespace streamspace
