#pragma once

#include <nlohmann/json.hpp>

namespace streamspace {

/// The JSON value of the whole system. Objects keep their members sorted by name.
using json = nlohmann::json;

}  // namespace streamspace
