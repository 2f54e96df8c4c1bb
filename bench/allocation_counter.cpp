#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include <bench/allocation_counter.hpp>

namespace streamspace::bench {

namespace {

constinit std::atomic<bool> counting{false};

/// A thread counts in a line of its own, unless there are more threads than lines.
struct alignas(64) line {
  std::atomic<std::uint64_t> count{0};
};
constinit std::array<line, 64> lines{};
constinit std::atomic<std::size_t> threads_seen{0};
constinit thread_local line* own_line = nullptr;

void count_one() noexcept {
  if (!counting.load(std::memory_order_relaxed)) return;
  if (!own_line) own_line = &lines[threads_seen.fetch_add(1, std::memory_order_relaxed) % lines.size()];
  own_line->count.fetch_add(1, std::memory_order_relaxed);
}

/// As the allocator that is linked gives it: operator new takes from malloc here, and delete gives to free.
void* allocate(std::size_t size, std::size_t alignment = 0) noexcept {
  count_one();
  if (size == 0) size = 1;
  if (alignment == 0) return std::malloc(size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* demand(void* memory) {
  if (!memory) throw std::bad_alloc{};
  return memory;
}

}  // namespace

allocation_counter::allocation_counter() {
  for (auto& l : lines) l.count.store(0, std::memory_order_relaxed);
  counting.store(true);
}

allocation_counter::~allocation_counter() {
  counting.store(false);
}

std::uint64_t allocation_counter::count() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& l : lines) sum += l.count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace streamspace::bench

using streamspace::bench::allocate;
using streamspace::bench::demand;

void* operator new(std::size_t n) {
  return demand(allocate(n));
}
void* operator new[](std::size_t n) {
  return demand(allocate(n));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return allocate(n);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return allocate(n);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return demand(allocate(n, std::size_t(a)));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return demand(allocate(n, std::size_t(a)));
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, std::size_t(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, std::size_t(a));
}

void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
