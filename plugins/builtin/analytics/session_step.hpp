#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace streamspace::builtin {

/// What can happen to a session, in the order in which steps of the same instant are taken to have happened.
enum class session_step : std::uint8_t { created, started, hibernated, woken, stopped, deleted };

inline constexpr std::array all_session_steps{session_step::created, session_step::started, session_step::hibernated,
                                              session_step::woken,   session_step::stopped, session_step::deleted};

constexpr std::string_view to_string(session_step step) noexcept {
  constexpr std::array<std::string_view, 6> names{"created", "started", "hibernated", "woken", "stopped", "deleted"};
  return names[static_cast<std::size_t>(step)];
}

/// The state that a session is in after the step.
constexpr std::string_view state_after(session_step step) noexcept {
  switch (step) {
    case session_step::created:
      return "pending";
    case session_step::started:
    case session_step::woken:
      return "running";
    case session_step::hibernated:
      return "hibernated";
    case session_step::stopped:
      return "stopped";
    case session_step::deleted:
      return "deleted";
  }
  return "pending";
}

}  // namespace streamspace::builtin
