#pragma once

#include <cli/demo_checks.hpp>

namespace streamspace::testing {

/// A run of three users and four sessions in which everything happened as it should, for tests to spoil.
struct demo_scene {
  demo_size size{3, 4};
  demo_record record;
  demo_observation found;
};

demo_scene good_scene();

}  // namespace streamspace::testing
