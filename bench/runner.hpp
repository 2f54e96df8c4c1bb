#pragma once

#include <functional>
#include <string>
#include <vector>

#include <bench/suite.hpp>

namespace streamspace::bench {

/// What the runs came to for one quantity.
struct figure {
  std::string name;
  json params;
  std::string unit;
  double value = 0;  ///< The median of the runs.
  double lowest = 0;
  double highest = 0;
};

/// Runs every measurement `repeats` times, in turns: each round runs all of them once, so that what disturbs the
/// machine for a while disturbs all alike. `before_run` is told the round (from 1) and the measurement. Throws error
/// (internal) when a run does not give one value for each quantity.
std::vector<figure> run_in_turns(const std::vector<measurement>& measurements, int repeats,
                                 const std::function<void(int round, const measurement&)>& before_run);

}  // namespace streamspace::bench
