#pragma once

#include <sys/types.h>

namespace streamspace {

/// The calling thread, as the kernel names it.
pid_t this_thread() noexcept;

/// Whether a thread of this process has or waits for a processor, rather than for anything else. False where the kernel
/// does not say (it is asked through /proc).
bool is_runnable(pid_t thread) noexcept;

}  // namespace streamspace
