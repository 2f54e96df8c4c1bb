#pragma once

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <streamspace/messages/error.hpp>

namespace streamspace::testing {

/// The error that `action` throws; nothing when it throws none.
template <class Action>
std::optional<error> failure_of(Action&& action) {
  try {
    action();
  } catch (const error& e) {
    return e;
  }
  return std::nullopt;
}

/// The code of that error.
template <class Action>
std::optional<ec> code_of(Action&& action) {
  const auto failure = failure_of(std::forward<Action>(action));
  if (!failure) return std::nullopt;
  return failure->code();
}

/// Whether `condition` comes true within `deadline`, by asking it again and again.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds deadline = std::chrono::seconds{30}) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace streamspace::testing
