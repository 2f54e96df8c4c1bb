#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace streamspace {

/// The one of `known` that `typed` most likely meant; empty when nothing is near (more than a third of the letters
/// wrong).
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace streamspace
