#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <streamspace/actors/asymmetric_fence.hpp>
#include <streamspace/actors/chunk_queue.hpp>
#include <streamspace/actors/prefetch.hpp>
#include <streamspace/actors/spin_lock.hpp>

namespace streamspace {

/// What a consumer took from an inbox to handle it item by item. Those that it has not begun can still be taken back by
/// someone else, so that nothing is lost behind an item that does not end. One consumer; any thread may take back,
/// which is dear, so that to begin an item costs nothing.
template <class Item>
class turn_batch {
 public:
  using chunk_ptr = typename chunk_queue<Item>::chunk_ptr;

  /// Replaces the chunk by what `take(chunk)` gives for it, which may be null, at once. What is left of the items
  /// before is destroyed then, so the consumer moves out what must not wait for that. Consumer only.
  template <class Take>
  void refill(Take take) {
    std::lock_guard lock{lock_};
    items_ = take(std::move(items_));
    taken_back_.store(false, std::memory_order_relaxed);
    next_.store(0, std::memory_order_release);
    size_.store(items_ ? items_->size() : 0, std::memory_order_release);
  }

  /// Begins the next item; null at the end. Consumer only.
  Item* next() noexcept {
    const auto at = next_.load(std::memory_order_relaxed);
    const auto size = size_.load(std::memory_order_relaxed);
    if (at >= size) return nullptr;
    next_.store(at + 1, std::memory_order_relaxed);
    // Whoever takes back sees that this one is begun, or is seen here.
    asymmetric_fence::light();
    if (taken_back_.load(std::memory_order_relaxed)) [[unlikely]]
      return unless_taken_back(at);
    if constexpr (requires(const Item& item) { item.expect(); }) {
      if (at + ahead < size) (*items_)[at + ahead].expect();
      prefetch(&(*items_)[at + 3 * ahead]);
    }
    return &(*items_)[at];
  }

  /// How many are not begun.
  std::size_t left() const noexcept {
    const auto next = next_.load(std::memory_order_relaxed);
    const auto size = size_.load(std::memory_order_relaxed);
    return next < size ? size - next : 0;
  }

  /// The items that are not begun, in their order; the consumer gets none of them.
  std::vector<Item> take_back() {
    std::lock_guard lock{lock_};
    std::vector<Item> back;
    taken_back_.store(true, std::memory_order_relaxed);
    asymmetric_fence::heavy();
    const auto size = size_.load(std::memory_order_relaxed);
    const auto begun = std::min(next_.load(std::memory_order_relaxed), size);
    size_.store(begun, std::memory_order_relaxed);
    for (auto at = begun; at < size; ++at) back.push_back(std::move((*items_)[at]));
    return back;
  }

 private:
  /// So many items before an item is begun, it is told.
  static constexpr std::size_t ahead = 8;

  Item* unless_taken_back(std::size_t at) noexcept {
    std::lock_guard lock{lock_};
    return at < size_.load(std::memory_order_relaxed) ? &(*items_)[at] : nullptr;
  }

  spin_lock lock_;  ///< Against a refill while items are taken back.
  chunk_ptr items_;
  std::atomic<bool> taken_back_{false};  ///< Since the last refill.
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> size_{0};
};

}  // namespace streamspace
