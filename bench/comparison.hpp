#pragma once

#include <string>
#include <vector>

#include <bench/runner.hpp>

namespace streamspace::bench {

/// A bar, and how the figures stand to it.
struct comparison {
  const bar* against;
  double value = 0;  ///< The figure, or the multiple if the bar names one.
  bool met = false;
};

/// In the order of the bars, which must outlive the result. A bar is left out when a figure that it names is not there,
/// or when the one to divide by is 0.
std::vector<comparison> compare(const std::vector<figure>& figures, const std::vector<bar>& bars);

/// A line each: "bus.async 10: 9.1x peer.go.async 10 (bar: at least 8x)", and those that are not met say so.
std::string to_lines(const std::vector<comparison>& comparisons);

}  // namespace streamspace::bench
