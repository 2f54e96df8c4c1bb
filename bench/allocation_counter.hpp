#pragma once

#include <cstdint>

namespace streamspace::bench {

/// Counts the calls of operator new while it exists, on all threads of the program. One at a time.
class allocation_counter {
 public:
  allocation_counter();
  ~allocation_counter();
  allocation_counter(const allocation_counter&) = delete;
  allocation_counter& operator=(const allocation_counter&) = delete;

  std::uint64_t count() const noexcept;
};

}  // namespace streamspace::bench
