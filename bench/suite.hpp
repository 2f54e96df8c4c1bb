#pragma once

#include <functional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace::bench {

/// One quantity, under one set of parameters.
struct measurement {
  std::string name;              ///< "bus.async"; peers of other makes begin with "peer."
  json params = json::object();  ///< {"subscribers": 10}
  std::string unit;              ///< "deliveries/s"
  /// One run: sets up, measures for about half a second, tears down. Called several times, other measurements between;
  /// what it throws ends the program, for a run that went wrong has no figure.
  std::function<double()> run;
};

/// Measurements that belong on one table: what is compared stands in the same suite, and is run in turns.
struct suite {
  std::string name;
  std::string description;
  std::function<std::vector<measurement>()> measurements;
};

/// All that this program knows, in the order in which they are run.
const std::vector<suite>& all_suites();

}  // namespace streamspace::bench
