#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace streamspace {

/// An immutable value that one side replaces now and then and many threads read all the time. Reading takes two
/// uncontended atomic additions, never waits, and does not touch a count that other readers touch. Publishing waits for
/// those who still read what it replaces (sleepable read-copy-update with two generations of striped counters).
template <class T>
class published {
 public:
  explicit published(std::unique_ptr<const T> first) : value_{first.release()} {}
  published(const published&) = delete;
  published& operator=(const published&) = delete;
  ~published() { delete value_.load(); }

  /// Keeps what it refers to from being destroyed. Hold it shortly, and never publish while holding one.
  class reader {
   public:
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { count_.fetch_sub(1, std::memory_order_release); }

    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    friend class published;
    reader(std::atomic<std::uint64_t>& count, const std::atomic<const T*>& value) noexcept : count_{count} {
      count_.fetch_add(1, std::memory_order_seq_cst);
      // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer): not before it is counted.
      value_ = value.load(std::memory_order_seq_cst);
    }

    std::atomic<std::uint64_t>& count_;
    const T* value_;
  };

  reader read() const noexcept {
    return {counts_[generation_.load(std::memory_order_relaxed) & 1U][stripe()].readers, value_};
  }

  /// Readers see the new value from now on; returns when the old one is destroyed. Thread-safe.
  void publish(std::unique_ptr<const T> next) {
    std::lock_guard lock{publishing_};
    const std::unique_ptr<const T> old{value_.exchange(next.release(), std::memory_order_seq_cst)};
    // A reader may have picked its generation before the first step and counted itself after it; the second step waits
    // for it too.
    for (int step = 0; step < 2; ++step) {
      const auto left = generation_.fetch_add(1, std::memory_order_seq_cst) & 1U;
      for (const auto& s : counts_[left])
        while (s.readers.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
    }
  }

 private:
  static constexpr std::size_t stripes = 16;

  struct alignas(64) stripe_count {
    std::atomic<std::uint64_t> readers{0};
  };

  static std::size_t stripe() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % stripes;
    return mine;
  }

  std::atomic<const T*> value_;
  mutable std::array<std::array<stripe_count, stripes>, 2> counts_{};
  std::atomic<unsigned> generation_{0};
  std::mutex publishing_;
};

}  // namespace streamspace
