#pragma once

#include <cstddef>
#include <malloc.h>
#include <string>

namespace streamspace::testing {

/// About the bytes that are allocated from glibc's heap now; small blocks just freed still count, so compare much.
inline std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

/// False under sanitizers and other allocators, which keep heaps of their own.
inline bool heap_is_seen() {
  const auto before = heap_in_use();
  const std::string probe(50'000, 'x');
  return heap_in_use() >= before + probe.size();
}

}  // namespace streamspace::testing
