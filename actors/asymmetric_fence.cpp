#include <cerrno>
#include <exception>
#include <unistd.h>

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <streamspace/actors/asymmetric_fence.hpp>

namespace streamspace {

namespace {

bool membarrier(int command) noexcept {
  return ::syscall(SYS_membarrier, command, 0, 0) == 0;
}

}  // namespace

std::atomic<bool> asymmetric_fence::kernel_helps_{membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)};

void asymmetric_fence::heavy() noexcept {
  full();
  if (!kernel_helps_.load(std::memory_order_relaxed)) return;
  // Others rely on it by now: going on without it could free what they read.
  while (!membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
    if (errno != ENOMEM) std::terminate();
}

void asymmetric_fence::full() noexcept {
#if defined(__SANITIZE_THREAD__)
  // The thread sanitizer knows no fences, but this as well.
  static std::atomic<int> any{0};
  any.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace streamspace
