#pragma once

#include <cstdint>
#include <vector>

namespace streamspace {

/// Which part of a list is wanted.
struct page_request {
  int page = 1;    ///< From 1.
  int limit = 50;  ///< Items a page, 1 to 500.
};

/// A part of a list, and how long the whole is.
template <class T>
struct page_of {
  std::vector<T> items;
  std::uint64_t total = 0;
};

}  // namespace streamspace
