#pragma once

namespace streamspace {

/// Has the processor fetch what it is about to write, for itself alone, so that the write need not wait. Any address
/// will do.
inline void prefetch_for_write(const void* where) noexcept {
#if defined(__x86_64__)
  // The compiler's own prefetches for reading only, unless it is told that all processors know this instruction; those
  // that do not know it pass over it.
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(where)));
#else
  __builtin_prefetch(where, 1);
#endif
}

/// The same for reading.
inline void prefetch(const void* where) noexcept {
  __builtin_prefetch(where);
}

}  // namespace streamspace
