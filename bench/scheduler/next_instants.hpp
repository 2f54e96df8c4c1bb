#pragma once

#include <string>

namespace streamspace::bench {

/// How often a second the next instant of an expression is found, each after the one before, over the years from 2026
/// on.
double next_instants(const std::string& expression, const std::string& zone);

}  // namespace streamspace::bench
