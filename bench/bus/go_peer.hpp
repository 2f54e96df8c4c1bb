#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace::bench {

/// The program bench/peers/go, which the build makes where it finds Go.
class go_peer {
 public:
  static bool is_built();

  /// The figures that it prints, run with these arguments. Errors: io_error, when it cannot be run or fails.
  static json run(const std::vector<std::string>& arguments);
};

}  // namespace streamspace::bench
