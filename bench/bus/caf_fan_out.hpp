#pragma once

#include <cstddef>

namespace streamspace::bench {

/// The peer: an actor a subscriber and one CAF message a delivery, as one would write a bus with nothing but CAF.
/// Deliveries a second, the better of a scheduler with 2 workers and one with 4.
double caf_fan_out(std::size_t subscribers);

}  // namespace streamspace::bench
