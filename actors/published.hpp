#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <streamspace/actors/asymmetric_fence.hpp>
#include <streamspace/actors/stripes.hpp>

namespace streamspace {

/// An immutable value that one side replaces now and then and many threads read all the time. Reading counts up and
/// down in a word of the thread's own, and never waits. Publishing is dear, and waits for those who still read what it
/// replaces (sleepable read-copy-update with two generations of striped counters).
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
    ~reader() { count_.subtract(1); }

    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    friend class published;
    reader(stripes::part count, const std::atomic<const T*>& value) noexcept : count_{count} {
      count_.add(1);
      // Whoever publishes sees the count, or the new value is seen here.
      asymmetric_fence::light();
      // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer): not before it is counted.
      value_ = value.load(std::memory_order_acquire);
    }

    stripes::part count_;
    const T* value_;
  };

  reader read() const noexcept { return {readers_[generation_.load(std::memory_order_relaxed) & 1U].mine(), value_}; }

  /// Readers see the new value from now on; returns when the old one is destroyed. Thread-safe.
  void publish(std::unique_ptr<const T> next) {
    std::lock_guard lock{publishing_};
    const std::unique_ptr<const T> old{value_.exchange(next.release(), std::memory_order_seq_cst)};
    // A reader may have picked its generation before the first step and counted itself after it; the second step waits
    // for it too.
    for (int step = 0; step < 2; ++step) {
      const auto left = generation_.fetch_add(1, std::memory_order_seq_cst) & 1U;
      asymmetric_fence::heavy();
      readers_[left].await_zero([] { std::this_thread::yield(); });
    }
  }

 private:
  std::atomic<const T*> value_;
  mutable std::array<stripes, 2> readers_;  ///< By generation.
  std::atomic<unsigned> generation_{0};
  std::mutex publishing_;
};

}  // namespace streamspace
