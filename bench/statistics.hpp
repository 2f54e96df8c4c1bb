#pragma once

#include <vector>

namespace streamspace::bench {

/// The middle value, or the mean of the two in the middle. Throws error (invalid_argument) when there is none.
double median_of(std::vector<double> values);

/// The smallest value that a share `quantile` (0 to 1) of the values does not exceed. Throws error (invalid_argument)
/// when there is no value, or no such share.
double quantile_of(std::vector<double> values, double quantile);

}  // namespace streamspace::bench
