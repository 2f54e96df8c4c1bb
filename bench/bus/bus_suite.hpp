#pragma once

#include <bench/suite.hpp>

namespace streamspace::bench {

/// The event bus, beside a plain CAF fan-out.
suite bus_suite();

}  // namespace streamspace::bench
