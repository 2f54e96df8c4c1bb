#include <algorithm>
#include <functional>
#include <mutex>
#include <vector>

#include <streamspace/actors/thread_number.hpp>

namespace streamspace {

namespace {

class thread_numbers {
 public:
  std::uint32_t take() {
    std::lock_guard lock{mutex_};
    if (free_.empty()) {
      free_.reserve(next_ + 1);  // So that giving back takes no memory.
      return next_++;
    }
    std::pop_heap(free_.begin(), free_.end(), std::greater<>{});
    const auto smallest = free_.back();
    free_.pop_back();
    return smallest;
  }
  void give_back(std::uint32_t number) noexcept {
    std::lock_guard lock{mutex_};
    free_.push_back(number);
    std::push_heap(free_.begin(), free_.end(), std::greater<>{});
  }

  /// Never destroyed, as threads may end after everything else.
  static thread_numbers& all() {
    static auto& numbers = *new thread_numbers;
    return numbers;
  }

 private:
  std::mutex mutex_;
  std::vector<std::uint32_t> free_;  ///< A heap, the smallest first.
  std::uint32_t next_ = 0;
};

/// Gives the number back when the thread ends.
struct held_number {
  std::uint32_t number = thread_numbers::all().take();
  held_number() = default;
  held_number(const held_number&) = delete;
  held_number& operator=(const held_number&) = delete;
  ~held_number() {
    thread_number::mine = thread_number::none;
    thread_numbers::all().give_back(number);
  }
};

}  // namespace

thread_local constinit std::uint32_t thread_number::mine = thread_number::not_asked_for;

std::uint32_t thread_number::take() noexcept {
  thread_local held_number held;
  return mine = held.number;
}

}  // namespace streamspace
