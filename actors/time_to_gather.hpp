#pragma once

#include <algorithm>
#include <chrono>

namespace streamspace {

/// How long those are waited for who come together to share a statement: a small part of what the last one took.
inline std::chrono::steady_clock::duration time_to_gather(std::chrono::steady_clock::duration statement) {
  constexpr int part = 4;
  constexpr std::chrono::milliseconds longest{1};
  return std::min<std::chrono::steady_clock::duration>(statement / part, longest);
}

}  // namespace streamspace
