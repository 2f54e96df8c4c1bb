#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <vector>

#include <bench/bus/delivery_counters.hpp>

namespace streamspace::bench {

/// How long a run measures.
inline constexpr std::chrono::milliseconds measuring_time{500};

/// Emits as fast as it can from several threads, and stays ahead of the slowest subscriber by a bounded number of
/// events, so that nothing has to be dropped. `Emit` emits one event to all subscribers; each thread calls it.
template <class Emit>
class windowed_load {
 public:
  windowed_load(const delivery_counters& handled, std::size_t threads, Emit emit_one)
      : handled_{handled},
        threads_{threads},
        window_{std::clamp<std::uint64_t>(131'072 / handled.size(), 64, 16'384)},
        stride_{window_ / (8 * threads)},
        emit_one_{std::move(emit_one)} {}

  /// Emits until everything that the load needs has been made: about two windows.
  void warm_up() {
    emit_while([end = emitted() + 2 * window_, this] { return emitted() < end; });
  }

  /// Emits while `more()` holds, which every thread asks now and then; returns when all of it has been handled.
  template <class Condition>
  void emit_while(Condition more) {
    const auto emit_strides = [&] {
      while (more()) emit_stride();
    };
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < threads_; ++i) others.push_back(std::async(std::launch::async, emit_strides));
    emit_strides();
    for (auto& other : others) other.get();
    handled_.await_each(emitted());
  }

  std::uint64_t emitted() const noexcept { return claimed_.load(std::memory_order_relaxed); }

 private:
  void emit_stride() {
    const auto end = claimed_.fetch_add(stride_, std::memory_order_relaxed) + stride_;
    if (end > window_) handled_.await_each(end - window_);
    for (std::uint64_t i = 0; i < stride_; ++i) emit_one_();
  }

  const delivery_counters& handled_;
  const std::size_t threads_;
  const std::uint64_t window_;
  const std::uint64_t stride_;
  Emit emit_one_;
  std::atomic<std::uint64_t> claimed_{0};  ///< Events that some thread has emitted or is about to.
};

/// Deliveries a second, until the last event has been handled.
template <class Emit>
double deliveries_per_second(const delivery_counters& handled, std::size_t threads, Emit emit_one) {
  using clock = std::chrono::steady_clock;
  windowed_load load{handled, threads, std::move(emit_one)};
  load.warm_up();
  const auto warm = load.emitted();
  const auto begin = clock::now();
  load.emit_while([&] { return clock::now() - begin < measuring_time; });
  const std::chrono::duration<double> took = clock::now() - begin;
  return static_cast<double>((load.emitted() - warm) * handled.size()) / took.count();
}

}  // namespace streamspace::bench
