#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <streamspace/actors/thread_number.hpp>

namespace streamspace {

/// A count in parts that lie in cache lines of their own, so that threads which count at the same time do not take a
/// line from each other. Threads with a small number have a part each, which costs them no more than a plain count
/// does; all others share one. Takes 1 KiB.
class stripes {
 public:
  /// One thread's part; used by that thread only.
  class part {
   public:
    /// What was written before is seen by whoever reads the sum.
    void add(std::uint64_t n) noexcept {
      if (is_shared_)
        count_.fetch_add(n, std::memory_order_acq_rel);
      else
        count_.store(count_.load(std::memory_order_relaxed) + n, std::memory_order_release);
    }
    void subtract(std::uint64_t n) noexcept { add(0 - n); }

   private:
    friend class stripes;
    part(std::atomic<std::uint64_t>& count, bool is_shared) noexcept : count_{count}, is_shared_{is_shared} {}

    std::atomic<std::uint64_t>& count_;
    const bool is_shared_;
  };

  /// The calling thread's part.
  part mine() noexcept {
    const auto number = number_of_this_thread();
    const bool is_shared = number >= shared;
    return {counts_[is_shared ? shared : number].value, is_shared};
  }

  /// Of all parts; what is counted meanwhile may be in it.
  std::uint64_t sum() const noexcept {
    std::uint64_t all = 0;
    for (const auto& c : counts_) all += c.value.load(std::memory_order_acquire);
    return all;
  }

  /// Whether there was a moment, in each part for itself, at which its count was 0.
  template <class Wait>
  void await_zero(Wait wait) const {
    for (const auto& c : counts_)
      while (c.value.load(std::memory_order_acquire) != 0) wait();
  }

 private:
  static constexpr std::size_t shared = 15;

  struct alignas(64) count {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<count, shared + 1> counts_{};
};

}  // namespace streamspace
