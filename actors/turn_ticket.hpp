#pragma once

#include <atomic>
#include <cstdint>

namespace streamspace {

/// What a turn is told about its time, and what it tells about its progress, without a look at a clock: the pool's
/// watchdog ticks, and counts of handled items that stand still show it a turn that blocks.
class turn_ticket {
 public:
  /// `progress` is written by the turn's thread alone.
  turn_ticket(const std::atomic<std::uint32_t>& tick, std::atomic<std::uint64_t>& progress) noexcept
      : tick_{tick}, progress_{progress}, first_tick_{tick.load(std::memory_order_relaxed)} {}

  /// Counts an item that is begun.
  void count_item() noexcept {
    progress_.store(progress_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    ++items_;
  }
  std::uint64_t items() const noexcept { return items_; }
  /// What was done so far in this turn had to block: it says nothing about how the taker behaves.
  void excuse() noexcept { excused_ = true; }
  bool excused() const noexcept { return excused_; }

  /// When it began, in ticks of the watchdog.
  std::uint32_t began_at() const noexcept { return first_tick_; }
  /// Whether others should have the thread now: the turn has seen two ticks.
  bool spent() const noexcept { return tick_.load(std::memory_order_relaxed) - first_tick_ >= 2; }

 private:
  const std::atomic<std::uint32_t>& tick_;
  std::atomic<std::uint64_t>& progress_;
  std::uint32_t first_tick_;
  std::uint64_t items_ = 0;
  bool excused_ = false;
};

}  // namespace streamspace
