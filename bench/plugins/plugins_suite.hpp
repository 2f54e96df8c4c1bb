#pragma once

#include <bench/suite.hpp>

namespace streamspace::bench {

suite plugins_suite();

}  // namespace streamspace::bench
