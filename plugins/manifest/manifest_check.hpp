#pragma once

#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/manifest/json_fault.hpp>

namespace streamspace {

/// How large a manifest may be.
inline constexpr json_limits manifest_limits{.depth = 64, .values = 20'000, .bytes = 1024 * 1024};

/// Everything that is wrong with a manifest, at most 100 faults. docs/manifest.schema.json says the same, as far as a
/// schema can. Optional members may be null; members that are not known are not looked at.
std::vector<json_fault> manifest_faults(const json& manifest);

/// A manifest without faults. Errors: invalid_argument; the message lists them, each fact is a pointer and its
/// sentence.
result<plugin_manifest> checked_manifest(const json& manifest);

}  // namespace streamspace
