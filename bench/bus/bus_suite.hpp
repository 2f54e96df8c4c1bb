#pragma once

#include <bench/suite.hpp>

namespace streamspace::bench {

/// The event bus, beside a plain CAF fan-out and a goroutine for each handler.
suite bus_suite();

}  // namespace streamspace::bench
