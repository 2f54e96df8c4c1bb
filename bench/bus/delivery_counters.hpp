#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace streamspace::bench {

/// How many events each subscriber has handled. Each counter has one writer and a cache line of its own.
class delivery_counters {
 public:
  class alignas(64) counter {
   public:
    void add_one() noexcept { count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    std::uint64_t get() const noexcept { return count_.load(std::memory_order_acquire); }

   private:
    std::atomic<std::uint64_t> count_{0};
  };

  explicit delivery_counters(std::size_t subscribers) : counters_(subscribers) {}

  counter& operator[](std::size_t subscriber) noexcept { return counters_[subscriber]; }
  const counter& operator[](std::size_t subscriber) const noexcept { return counters_[subscriber]; }
  std::size_t size() const noexcept { return counters_.size(); }

  /// What the slowest has handled.
  std::uint64_t least() const noexcept;
  /// What all of them together have handled.
  std::uint64_t total() const noexcept;

  /// Sleeps until everyone has handled so many events, or all together so many. Error: timeout after 30 s.
  void await_each(std::uint64_t events) const;
  void await_total(std::uint64_t events) const;

 private:
  std::vector<counter> counters_;
};

}  // namespace streamspace::bench
