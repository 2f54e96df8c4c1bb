#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace streamspace {

/// A queue in one block of memory that doubles when it is full and is kept when it runs empty, so that a queue that
/// comes and goes allocates nothing. Not thread-safe.
template <class T>
class ring {
 public:
  ring() = default;
  ring(ring&& other) noexcept { swap(other); }
  ring& operator=(ring&& other) noexcept {
    ring moved{std::move(other)};
    swap(moved);
    return *this;
  }
  ~ring() { clear(); }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  /// How many fit before it grows.
  std::size_t room() const noexcept { return capacity_; }

  T& front() noexcept { return *at(0); }
  const T& front() const noexcept { return *at(0); }

  void push_back(T&& item) {
    if (size_ == capacity_) grow();
    std::construct_at(at(size_), std::move(item));
    ++size_;
  }
  void push_front(T&& item) {
    if (size_ == capacity_) grow();
    const auto before = (first_ - 1) & (capacity_ - 1);
    std::construct_at(items_ + before, std::move(item));
    first_ = before;
    ++size_;
  }
  T pop_front() noexcept {
    T* const first = at(0);
    T item = std::move(*first);
    std::destroy_at(first);
    first_ = (first_ + 1) & (capacity_ - 1);
    --size_;
    return item;
  }

  /// Destroys all items; the memory stays.
  void clear() noexcept {
    while (size_ > 0) static_cast<void>(pop_front());
  }
  /// Gives the memory back, when nothing is in it.
  void shrink() noexcept {
    if (size_ == 0) ring{}.swap(*this);
  }

  void swap(ring& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(items_, other.items_);
    std::swap(capacity_, other.capacity_);
    std::swap(first_, other.first_);
    std::swap(size_, other.size_);
  }

 private:
  struct alignas(T) cell {
    std::byte bytes[sizeof(T)];
  };

  T* at(std::size_t i) const noexcept { return items_ + ((first_ + i) & (capacity_ - 1)); }

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 16 : 2 * capacity_;
    auto block = std::make_unique_for_overwrite<cell[]>(capacity);
    auto* const items = reinterpret_cast<T*>(block.get());
    for (std::size_t i = 0; i < size_; ++i) {
      std::construct_at(items + i, std::move(*at(i)));
      std::destroy_at(at(i));
    }
    block_ = std::move(block);
    items_ = items;
    capacity_ = capacity;
    first_ = 0;
  }

  std::unique_ptr<cell[]> block_;
  T* items_ = nullptr;
  std::size_t capacity_ = 0;  ///< A power of two, or 0.
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace streamspace
