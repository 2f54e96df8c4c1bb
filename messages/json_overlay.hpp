#pragma once

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// `over` on top of `base`, object by object: members that both have as objects are laid over each other in the same
/// way, and whatever else `over` has, null too, stands in the place of what `base` has.
json overlaid(const json& base, const json& over);

}  // namespace streamspace
