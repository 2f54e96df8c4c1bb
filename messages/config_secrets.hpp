#pragma once

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// A configuration as it may be shown: what its JSON Schema declares `"format": "password"` is "***" (or stays empty).
/// Follows properties and items.
json masked_secrets(const json& config, const json& schema);

}  // namespace streamspace
