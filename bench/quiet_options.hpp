#pragma once

#include <streamspace/actors/runtime.hpp>

namespace streamspace::bench {

/// Of a runtime that logs errors only, on standard error, as standard output is for figures.
runtime_options quiet_options();

}  // namespace streamspace::bench
