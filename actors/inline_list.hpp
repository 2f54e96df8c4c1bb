#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace streamspace {

/// A list whose first N items need no allocation.
template <class T, std::size_t N>
class inline_list {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push_back(const T& item) {
    if (size_ < N)
      few_[size_] = item;
    else
      more_.push_back(item);
    ++size_;
  }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const T& operator[](std::size_t i) const noexcept { return i < N ? few_[i] : more_[i - N]; }

 private:
  std::size_t size_ = 0;
  std::array<T, N> few_;
  std::vector<T> more_;
};

}  // namespace streamspace
