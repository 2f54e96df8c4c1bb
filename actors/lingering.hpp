#pragma once

#include <cstdint>

namespace streamspace {

/// What somebody finds who has kept the duty to take a turn for a moment after nothing was left (see turn_taker).
enum class lingering : std::uint8_t {
  idle,  ///< Nothing has come.
  due,   ///< Another turn must follow, and the duty is theirs for good.
  over,  ///< Somebody else has the duty, or nobody.
};

}  // namespace streamspace
