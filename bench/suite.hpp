#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace::bench {

/// What is measured, under which parameters.
struct quantity {
  std::string name;              ///< "bus.async"; peers of other makes begin with "peer."
  json params = json::object();  ///< {"subscribers": 10}
  std::string unit;              ///< "deliveries/s"
};

/// One load, and the quantities that it gives.
struct measurement {
  std::vector<quantity> gives;
  /// One run: sets up, measures for about half a second, tears down; a value for each of `gives`. Called several times,
  /// other measurements between; what it throws ends the program, for a run that went wrong has no figure.
  std::function<std::vector<double>()> run;
};

/// For a load that gives one quantity.
inline measurement measurement_of(quantity what, std::function<double()> run) {
  return {{std::move(what)}, [run = std::move(run)] { return std::vector{run()}; }};
}

/// What a figure has to come to: by itself, or as a multiple of another figure of the same table.
struct bar {
  enum class sense { at_least, at_most, exactly };

  struct figure_name {
    std::string name;
    json params = json::object();
  };

  figure_name what;
  std::optional<figure_name> times;  ///< What is counted is then `what` divided by this.
  sense wanted = sense::at_least;
  double limit = 0;
};

/// Measurements that belong on one table: what is compared stands in the same suite, and is run in turns.
struct suite_content {
  std::vector<measurement> measurements;
  std::vector<bar> bars;           ///< Those whose figures are not measured count for nothing.
  std::vector<std::string> notes;  ///< What a reader of the table has to know: a line each.
};

struct suite {
  std::string name;
  std::string description;
  std::function<suite_content()> content;
};

/// All that this program knows, in the order in which they are run.
const std::vector<suite>& all_suites();

}  // namespace streamspace::bench
