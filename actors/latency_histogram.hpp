#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <streamspace/messages/event_figures.hpp>

namespace streamspace {

/// The buckets that latencies are counted in: each power of two has 16 of one width, so a bucket is at most 1/16 of
/// what it holds wide. The last ends at 2^42 ns, which is 73 minutes.
namespace latency_buckets {

inline constexpr int octave_bits = 4;
inline constexpr std::uint64_t longest = (std::uint64_t{1} << 42) - 1;

/// `nanoseconds` is at most `longest`.
constexpr std::size_t index_of(std::uint64_t nanoseconds) noexcept {
  const auto shift = std::bit_width(nanoseconds | (1U << octave_bits)) - octave_bits - 1;
  return (static_cast<std::size_t>(shift) << octave_bits) + static_cast<std::size_t>(nanoseconds >> shift);
}

/// The longest latency that the bucket holds.
constexpr std::uint64_t last_of(std::size_t index) noexcept {
  const auto octave = index >> octave_bits;
  const auto shift = octave > 0 ? octave - 1 : 0;
  return ((index - (shift << octave_bits) + 1) << shift) - 1;
}

inline constexpr std::size_t count = index_of(longest) + 1;

}  // namespace latency_buckets

/// What a histogram held at one time.
struct latency_snapshot {
  std::uint64_t count = 0;
  std::chrono::nanoseconds sum{};
  std::chrono::nanoseconds max{};
  std::array<std::uint64_t, latency_buckets::count> buckets{};

  /// The latency that a share `q` (0 to 1) of all did not exceed: at most 6.25 % above the true one and never above
  /// max. Zero when nothing was recorded.
  std::chrono::nanoseconds quantile(double q) const noexcept {
    if (count == 0) return {};
    const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(count)));
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
      passed += buckets[i];
      if (static_cast<double>(passed) >= rank)
        return std::min(max, std::chrono::nanoseconds{static_cast<std::int64_t>(latency_buckets::last_of(i))});
    }
    return max;
  }

  latency_summary summary() const noexcept { return {count, sum, quantile(0.5), quantile(0.99), max}; }

  /// Adds what another one counted.
  void merge(const latency_snapshot& other) noexcept {
    count += other.count;
    sum += other.sum;
    max = std::max(max, other.max);
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  }
};

/// Who records in a histogram at the same time.
enum class latency_writers : std::uint8_t { one, many };

/// Counts latencies in a fixed 5 KiB. record() waits for nobody; snapshot() is for any thread, beside it too.
template <latency_writers Writers>
class basic_latency_histogram {
 public:
  /// Negative durations count as zero; what is past 73 minutes is in sum and max as it is, and else in the last bucket.
  void record(std::chrono::nanoseconds latency) noexcept {
    const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
    add(buckets_[latency_buckets::index_of(std::min(nanoseconds, latency_buckets::longest))], 1);
    add(sum_, nanoseconds);
    raise(max_, nanoseconds);
  }

  /// What is being recorded meanwhile may be in some of the figures and not in others yet.
  latency_snapshot snapshot() const noexcept {
    latency_snapshot out;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      out.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
      out.count += out.buckets[i];
    }
    out.sum = std::chrono::nanoseconds{static_cast<std::int64_t>(sum_.load(std::memory_order_relaxed))};
    out.max = std::chrono::nanoseconds{static_cast<std::int64_t>(max_.load(std::memory_order_relaxed))};
    return out;
  }

 private:
  using figure = std::atomic<std::uint64_t>;

  static void add(figure& to, std::uint64_t amount) noexcept {
    if constexpr (Writers == latency_writers::many)
      to.fetch_add(amount, std::memory_order_relaxed);
    else  // The one writer needs no read-modify-write of the bus.
      to.store(to.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  static void raise(figure& to, std::uint64_t at_least) noexcept {
    auto now = to.load(std::memory_order_relaxed);
    if constexpr (Writers == latency_writers::many) {
      while (now < at_least && !to.compare_exchange_weak(now, at_least, std::memory_order_relaxed)) continue;
    } else {
      if (now < at_least) to.store(at_least, std::memory_order_relaxed);
    }
  }

  std::array<figure, latency_buckets::count> buckets_{};
  figure sum_{0};
  figure max_{0};
};

/// For one recording thread at a time.
using latency_histogram = basic_latency_histogram<latency_writers::one>;
/// For any number of them.
using shared_latency_histogram = basic_latency_histogram<latency_writers::many>;

}  // namespace streamspace
