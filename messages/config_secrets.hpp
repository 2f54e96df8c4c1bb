#pragma once

#include <functional>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What stands for a secret where a configuration is shown.
inline constexpr const char* secret_mask = "***";

/// Whether a JSON Schema declares something `"format": "password"`. Follows properties and items, as all below do.
bool declares_secrets(const json& schema);

/// A configuration with `change(secret)` in the place of whatever its JSON Schema declares `"format": "password"`, but
/// for empty texts.
json changed_secrets(const json& config, const json& schema, const std::function<json(const json&)>& change);

/// A configuration as it may be shown: what its JSON Schema declares `"format": "password"` is "***" (or stays empty).
json masked_secrets(const json& config, const json& schema);

/// The other way round: `config` with what `stored` has wherever the schema declares a secret and `config` says "***".
/// An item of an array stands for the stored item that is shown the same; else, in an array as long as before, for the
/// one at its place. Throws error (invalid_argument, naming the place) where no stored secret is meant for certain.
json with_stored_secrets(const json& config, const json& stored, const json& schema);

}  // namespace streamspace
