#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <streamspace/actors/chunk_queue.hpp>
#include <streamspace/actors/spin_lock.hpp>

namespace streamspace {

/// What a consumer took from an inbox to handle it item by item. Those that it has not begun can still be taken back by
/// someone else, so that nothing is lost behind an item that does not end. One consumer; any thread may take back.
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
    next_.store(0, std::memory_order_release);
    size_.store(items_ ? items_->size() : 0, std::memory_order_release);
  }

  /// Begins the next item; null at the end. Consumer only.
  Item* next() noexcept {
    const auto at = next_.fetch_add(1);
    return at < size_.load(std::memory_order_relaxed) ? &(*items_)[at] : nullptr;
  }

  /// How many are not begun.
  std::size_t left() const noexcept {
    const auto next = next_.load();
    const auto size = size_.load();
    return next < size ? size - next : 0;
  }

  /// The items that are not begun, in their order; the consumer gets none of them.
  std::vector<Item> take_back() {
    std::lock_guard lock{lock_};
    std::vector<Item> back;
    const auto size = size_.load();
    for (auto at = next_.exchange(size); at < size; ++at) back.push_back(std::move((*items_)[at]));
    return back;
  }

 private:
  spin_lock lock_;  ///< Against a refill while items are taken back.
  chunk_ptr items_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> size_{0};
};

}  // namespace streamspace
