#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <streamspace/messages/error.hpp>

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
  std::size_t size() const noexcept { return counters_.size(); }

  /// What the slowest has handled.
  std::uint64_t least() const noexcept {
    auto least = counters_.front().get();
    for (const auto& c : counters_) least = std::min(least, c.get());
    return least;
  }

  /// Gives the processor away until everyone has handled `events`. Error: timeout after 30 s.
  void await(std::uint64_t events) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (least() < events) {
      if (std::chrono::steady_clock::now() > until)
        throw error{ec::timeout, "the subscribers did not handle what was sent within 30 s"};
      std::this_thread::yield();
    }
  }

 private:
  std::vector<counter> counters_;
};

/// How long a run measures.
inline constexpr std::chrono::milliseconds measuring_time{500};

/// Deliveries a second when one thread emits as fast as it can, until the last event has been handled. It stays ahead
/// of the slowest subscriber by a bounded number of events, so that nothing has to be dropped. `emit_one()` emits one
/// event to all subscribers.
template <class Emit>
double deliveries_per_second(const delivery_counters& handled, Emit emit_one) {
  using clock = std::chrono::steady_clock;
  const std::uint64_t window = std::clamp<std::uint64_t>(131'072 / handled.size(), 1'024, 16'384);
  const std::uint64_t stride = window / 8;
  std::uint64_t emitted = 0;
  const auto emit_stride = [&] {
    if (emitted >= window) handled.await(emitted + stride - window);
    for (std::uint64_t i = 0; i < stride; ++i) emit_one();
    emitted += stride;
  };

  while (emitted < window) emit_stride();  // NOLINT(bugprone-infinite-loop): emit_stride moves it.
  handled.await(emitted);
  const auto warm = emitted;
  const auto begin = clock::now();
  while (clock::now() - begin < measuring_time) emit_stride();
  handled.await(emitted);
  const std::chrono::duration<double> took = clock::now() - begin;
  return static_cast<double>((emitted - warm) * handled.size()) / took.count();
}

}  // namespace streamspace::bench
