#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include <streamspace/actors/near_calls.hpp>
#include <streamspace/actors/processor_affinity.hpp>

namespace streamspace {

class turn_thread;

/// Where the workers of a turn_pool sleep, and which of them is called. They sleep on different processors: to call one
/// on the caller's own is cheap, but it comes when the caller has done; to call one elsewhere takes tens of
/// microseconds, of the caller too. Every call is made with the pool's lock.
class worker_beds {
 public:
  struct bed {
    std::condition_variable called;
    const turn_thread* whose = nullptr;  ///< Null when it is free.
    bool is_called = false;
    /// The processor where its thread sleeps, and will wake; -1 when it does not, or that is not known.
    int sleeps_on = -1;
    /// The processor where it was called by somebody who had it then, until it sleeps again; else -1.
    int called_near_on = -1;
    std::chrono::steady_clock::time_point called_near_at{};
  };

  /// For a thread that becomes a worker. The bed outlasts it, so that one that has just left can be woken without harm.
  bed& take(const turn_thread& who);
  /// Its thread is no worker any more.
  static void leave(bed& b) noexcept {
    b.whose = nullptr;
    b.called_near_on = -1;
  }

  /// Blocks without the lock until the bed is called or `is_over()`; not at all when `is_wanted()` by the time that it
  /// is made.
  template <class Wanted, class Over>
  void sleep(bed& b, std::unique_lock<std::mutex>& lock, Wanted is_wanted, Over is_over) {
    if (b.called_near_on >= 0) near_calls_.served_after(std::chrono::steady_clock::now() - b.called_near_at);
    b.called_near_on = -1;
    ++settling_;
    lock.unlock();
    {
      const auto usable = processor_set::of_this_thread();
      lock.lock();
      b.sleeps_on = choose_processor(usable);
      lock.unlock();
      const processor_stay stay{b.sleeps_on, usable};
      lock.lock();
      if (!stay.holds()) b.sleeps_on = -1;
      --settling_;
      if (!is_wanted() && !is_over()) {
        b.is_called = false;
        asleep_.push_back(&b);
        b.called.wait(lock, [&] { return b.is_called || is_over(); });
        if (b.is_called) --coming_;
        std::erase(asleep_, &b);
      }
      b.sleeps_on = -1;
      lock.unlock();
    }
    lock.lock();
  }

  bool somebody_sleeps() const noexcept { return !asleep_.empty(); }
  /// Called, and not there yet.
  bool somebody_comes() const noexcept { return coming_ > 0; }
  /// How many workers are not running: those that sleep, or are just about to, or wait for the processor that the
  /// caller has.
  std::size_t away() const;

  /// Who has been called, and is to be woken without the lock, or whoever wakes would run into it.
  class called {
   public:
    void wake() const {
      for (auto* const b : beds_)
        if (b) b->called.notify_one();
    }

   private:
    friend class worker_beds;
    std::array<bed*, 2> beds_{};
  };

  /// Calls one that sleeps near if the caller is no thread of the pool, as those go on; and one elsewhere when that
  /// cannot be counted on, or `at_any_price`.
  called call(bool at_any_price);

  /// Has everybody look whether it is over.
  void wake_all() {
    for (auto& b : beds_) b.called.notify_all();
  }

 private:
  /// The one that sleeps the shortest, on this processor or on any other; null when there is none.
  bed* call_last(int processor, bool near);
  int choose_processor(const processor_set& usable) const;

  std::deque<bed> beds_;      ///< At one address each.
  std::vector<bed*> asleep_;  ///< Those that were not called yet.
  std::size_t settling_ = 0;  ///< About to sleep.
  std::size_t coming_ = 0;
  near_calls near_calls_;
};

}  // namespace streamspace
