#pragma once

#include <string>
#include <vector>

namespace streamspace::bench {

/// What a program prints until it ends well. Errors: io_error with what it printed, when it cannot be run or fails.
std::string output_of(const std::string& program, const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {});

}  // namespace streamspace::bench
