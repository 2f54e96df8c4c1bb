#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <streamspace/actors/prefetch.hpp>

namespace streamspace {

/// Items in a row, in one block of memory with room for a fixed number of them. Not thread-safe.
template <class T>
class alignas(std::max_align_t) chunk {
 public:
  struct deleter {
    void operator()(chunk* c) const noexcept {
      c->clear();
      ::operator delete(c);
    }
  };
  using ptr = std::unique_ptr<chunk, deleter>;

  static ptr make(std::size_t room) {
    static_assert(alignof(T) <= alignof(chunk));
    return ptr{new (::operator new(sizeof(chunk) + room * sizeof(T))) chunk{static_cast<std::uint32_t>(room)}};
  }
  chunk(const chunk&) = delete;
  chunk& operator=(const chunk&) = delete;

  std::size_t size() const noexcept { return end_ - begin_; }
  T& operator[](std::size_t i) noexcept { return at(begin_ + static_cast<std::uint32_t>(i)); }

  /// Destroys all items.
  void clear() noexcept {
    for (; begin_ < end_; ++begin_) std::destroy_at(&at(begin_));
    begin_ = end_ = 0;
    bytes_ = 0;
  }

 private:
  template <class>
  friend class chunk_queue;

  explicit chunk(std::uint32_t room) noexcept : room_{room} {}
  ~chunk() = default;

  T& at(std::uint32_t place) noexcept {
    return *std::launder(reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this + 1) + place * sizeof(T)));
  }

  chunk* next_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  const std::uint32_t room_;
};

/// A queue of items that say how many bytes they count for. It is made of chunks, so that a whole one can be taken out
/// in a moment; those that come back empty are used again, the last one first, while the processor still has it at
/// hand. Not thread-safe.
template <class T>
class chunk_queue {
 public:
  using chunk_ptr = typename chunk<T>::ptr;

  /// One of chunk size 0 is for holding what another is moved to.
  explicit chunk_queue(std::size_t chunk_size) noexcept : chunk_size_{chunk_size} {}
  chunk_queue(chunk_queue&& other) noexcept : chunk_queue{other.chunk_size_} { swap(other); }
  chunk_queue& operator=(chunk_queue&& other) noexcept {
    chunk_queue taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~chunk_queue() {
    drop(first_);
    drop(spare_);
  }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return bytes_; }

  T& front() noexcept { return first_->at(first_->begin_); }
  const T& front() const noexcept { return first_->at(first_->begin_); }

  void push_back(T&& item) {
    if (!last_ || last_->end_ == last_->room_) {
      auto* const added = fresh();
      (last_ ? last_->next_ : first_) = added;
      last_ = added;
    }
    count(*last_, item.bytes());
    std::construct_at(slot(*last_, last_->end_++), std::move(item));
    // A queue that is seldom written at any one place finds the next one in another processor's hands.
    prefetch_for_write(slot(*last_, last_->end_));
  }

  void push_front(T&& item) {
    if (!first_ || first_->begin_ == 0) {
      auto* const added = fresh();
      added->begin_ = added->end_ = added->room_;
      added->next_ = first_;
      first_ = added;
      if (!last_) last_ = added;
    }
    count(*first_, item.bytes());
    std::construct_at(slot(*first_, --first_->begin_), std::move(item));
  }

  T pop_front() noexcept {
    T& oldest = front();
    T item{std::move(oldest)};
    first_->bytes_ -= item.bytes();
    bytes_ -= item.bytes();
    --size_;
    std::destroy_at(&oldest);
    if (++first_->begin_ == first_->end_) keep(detach());
    return item;
  }

  /// The oldest items, as many as lie in one chunk; null when there are none. `emptied` is used again.
  chunk_ptr take_chunk(chunk_ptr emptied) noexcept {
    if (emptied) keep(std::move(emptied));
    if (!first_) return nullptr;
    auto taken = detach();
    size_ -= taken->size();
    bytes_ -= taken->bytes_;
    return taken;
  }

  /// All items; what is kept for use stays here.
  chunk_queue take_all() noexcept {
    chunk_queue taken{chunk_size_};
    swap(taken);
    std::swap(spare_, taken.spare_);
    std::swap(spares_, taken.spares_);
    return taken;
  }

  void swap(chunk_queue& other) noexcept {
    std::swap(chunk_size_, other.chunk_size_);
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(spare_, other.spare_);
    std::swap(spares_, other.spares_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
  }

 private:
  static constexpr std::size_t most_spares = 16;

  static T* slot(chunk<T>& in, std::uint32_t place) noexcept {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(&in + 1) + place * sizeof(T));
  }

  void count(chunk<T>& in, std::size_t bytes) noexcept {
    in.bytes_ += bytes;
    bytes_ += bytes;
    ++size_;
  }

  chunk_ptr detach() noexcept {
    chunk_ptr taken{first_};
    first_ = std::exchange(taken->next_, nullptr);
    if (!first_) last_ = nullptr;
    return taken;
  }

  chunk<T>* fresh() {
    if (!spare_) return chunk<T>::make(chunk_size_).release();
    --spares_;
    auto* const found = spare_;
    spare_ = std::exchange(found->next_, nullptr);
    return found;
  }

  void keep(chunk_ptr emptied) noexcept {
    emptied->clear();
    if (spares_ == most_spares) return;
    ++spares_;
    emptied->next_ = spare_;
    spare_ = emptied.release();
  }

  static void drop(chunk<T>* from) noexcept {
    while (from) {
      const chunk_ptr gone{from};
      from = gone->next_;
    }
  }

  std::size_t chunk_size_;
  chunk<T>* first_ = nullptr;  ///< Never an empty one.
  chunk<T>* last_ = nullptr;
  chunk<T>* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace streamspace
