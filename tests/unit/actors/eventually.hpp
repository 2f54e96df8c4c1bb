#pragma once

#include <chrono>
#include <thread>

namespace streamspace::testing {

/// Waits until the condition holds; false when it does not within half a minute.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace streamspace::testing
