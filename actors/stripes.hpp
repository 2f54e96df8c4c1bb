#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace streamspace {

/// A count in parts that lie in cache lines of their own, so that threads which count at the same time do not take a
/// line from each other: every thread has its part, and shares it with others only where there are more threads than
/// parts. Takes 1 KiB.
class stripes {
 public:
  using count = std::atomic<std::uint64_t>;

  /// The calling thread's part; always the same one.
  count& mine() noexcept { return parts_[number_of_this_thread() % parts_.size()]; }

  /// Of all parts; what is counted meanwhile may be in it.
  std::uint64_t sum() const noexcept {
    std::uint64_t all = 0;
    for (const auto& part : parts_) all += part.load(std::memory_order_relaxed);
    return all;
  }

  auto begin() const noexcept { return parts_.begin(); }
  auto end() const noexcept { return parts_.end(); }

 private:
  struct alignas(64) apart : count {};

  static std::size_t number_of_this_thread() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
    return mine;
  }

  std::array<apart, 16> parts_{};
};

}  // namespace streamspace
