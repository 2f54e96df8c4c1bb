#pragma once

#include <chrono>
#include <thread>

namespace streamspace::bench {

/// Waits until `done()` holds, at most for `longest`; whether it does. Sleeps meanwhile: a thread that spins, or yields
/// all the time, takes a processor from those it waits for.
template <class Condition>
bool await(Condition done, std::chrono::steady_clock::duration longest) {
  constexpr int yields = 4;
  constexpr std::chrono::microseconds pause{50};
  const auto until = std::chrono::steady_clock::now() + longest;
  for (int looked = 0; !done(); ++looked) {
    if (looked < yields) {
      std::this_thread::yield();
    } else {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(pause);
    }
  }
  return true;
}

}  // namespace streamspace::bench
