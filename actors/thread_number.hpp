#pragma once

#include <cstdint>
#include <limits>

namespace streamspace {

/// Used by number_of_this_thread().
class thread_number {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t not_asked_for = none - 1;

  static thread_local constinit std::uint32_t mine;
  static std::uint32_t take() noexcept;
};

/// The calling thread's number, which no other thread that runs has: the smallest that was free when the thread first
/// asked. A thread that is at its end may have given it back already; it gets the largest there is, as all of those do.
/// Reads one word of the thread's own.
inline std::uint32_t number_of_this_thread() noexcept {
  const auto number = thread_number::mine;
  return number == thread_number::not_asked_for ? thread_number::take() : number;
}

}  // namespace streamspace
