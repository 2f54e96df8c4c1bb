#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace streamspace {

/// Which line an item stands in; lower lanes are taken first.
enum class lane : std::uint8_t { control, requests, events };

/// A plugin's bounded queue: many producers, and one consumer at a time that takes batches. It also keeps whether a
/// turn is due, so that only the push that finds the consumer idle has to wake it. Items of one lane and one producer
/// keep their order. Thread-safe; nothing in it blocks longer than the lock is held. What is discarded is destroyed
/// outside of the lock.
template <class Item>
class inbox {
 public:
  enum class push_result : std::uint8_t {
    accepted,       ///< Queued; a turn is due already.
    accepted_wake,  ///< Queued; the caller must see to it that a turn comes.
    full,
    shut,    ///< The gate is shut at present.
    closed,  ///< Nothing is taken any more, for good.
  };

  /// `capacity` bounds the items of each lane.
  explicit inbox(std::size_t capacity) : capacity_{capacity} {}

  /// Moves from `item` only when it is accepted.
  push_result push(lane where, Item&& item) {
    std::lock_guard lock{mutex_};
    auto& line = lines_[index(where)];
    if (!closed_ && !open_.load(std::memory_order_relaxed)) return push_result::shut;
    if (!closed_ && line.size() >= capacity_) return push_result::full;
    return append(line, std::move(item));
  }

  /// The same past the gate and without a bound, for the runtime's own items.
  push_result push_always(lane where, Item&& item) {
    std::lock_guard lock{mutex_};
    return append(lines_[index(where)], std::move(item));
  }

  /// Opens or shuts the gate for push(): once this returns, no push comes through that should not. Open at first.
  void set_open(bool open) {
    std::lock_guard lock{mutex_};
    open_.store(open, std::memory_order_relaxed);
  }
  bool is_open() const noexcept { return open_.load(std::memory_order_relaxed); }

  /// Takes nothing any more; what waits stays until it is taken or discarded.
  void close() {
    std::lock_guard lock{mutex_};
    closed_ = true;
  }

  /// Moves up to `most` items to the end of `batch`, control first, then requests, then events.
  void take(std::size_t most, std::vector<Item>& batch) {
    std::lock_guard lock{mutex_};
    for (auto& line : lines_) {
      while (most > 0 && !line.empty()) {
        batch.push_back(std::move(line.front()));
        line.pop_front();
        --most;
      }
    }
  }

  /// Ends a turn: false when nothing is left and the next push will wake; true when another turn must follow.
  bool turn_still_due() {
    std::lock_guard lock{mutex_};
    for (const auto& line : lines_)
      if (!line.empty()) return true;
    turn_due_ = false;
    return false;
  }

  /// Takes out the items of a lane for which `goes(item)` holds; how many.
  template <class Predicate>
  std::size_t discard(lane where, Predicate goes) {
    std::deque<Item> gone;
    std::lock_guard lock{mutex_};
    std::deque<Item> kept;
    auto& line = lines_[index(where)];
    for (auto& item : line) (goes(item) ? gone : kept).push_back(std::move(item));
    line.swap(kept);
    return gone.size();
  }

  std::size_t size() const {
    std::lock_guard lock{mutex_};
    std::size_t sum = 0;
    for (const auto& line : lines_) sum += line.size();
    return sum;
  }

 private:
  push_result append(std::deque<Item>& line, Item&& item) {
    if (closed_) return push_result::closed;
    line.push_back(std::move(item));
    return std::exchange(turn_due_, true) ? push_result::accepted : push_result::accepted_wake;
  }

  static constexpr std::size_t index(lane where) noexcept { return static_cast<std::size_t>(where); }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::array<std::deque<Item>, 3> lines_;
  std::atomic<bool> open_{true};  ///< Written under the lock; readable without.
  bool turn_due_ = false;
  bool closed_ = false;
};

}  // namespace streamspace
