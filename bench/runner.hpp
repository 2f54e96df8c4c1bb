#pragma once

#include <functional>
#include <string>
#include <vector>

#include <bench/suite.hpp>

namespace streamspace::bench {

/// What the runs of one measurement came to.
struct figure {
  std::string name;
  json params;
  std::string unit;
  double value = 0;  ///< The median of the runs.
  double lowest = 0;
  double highest = 0;
};

/// The middle value, or the mean of the two in the middle. Throws error (invalid_argument) when there is none.
double median_of(std::vector<double> values);

/// Runs every measurement `repeats` times, in turns: each round runs all of them once, so that what disturbs the
/// machine for a while disturbs all alike. `before_run` is told the round (from 1) and the measurement.
std::vector<figure> run_in_turns(const std::vector<measurement>& measurements, int repeats,
                                 const std::function<void(int round, const measurement&)>& before_run);

}  // namespace streamspace::bench
