#pragma once

#include <bench/suite.hpp>

namespace streamspace::bench {

/// What the scheduler costs.
suite scheduler_suite();

}  // namespace streamspace::bench
