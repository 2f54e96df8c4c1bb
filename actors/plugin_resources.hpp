#pragma once

#include <cstdint>
#include <optional>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/manifest.hpp>

namespace streamspace {

/// What a plugin says that it needs, and gets at most: the member `resources` of its manifest, an object with the
/// members in brackets.
struct plugin_resources {
  /// Nothing: as much as the runtime gives. [storageBytes: 4,096 to 2^50]
  std::optional<std::uint64_t> storage_bytes;
};

/// Unknown members are ignored. Throws error (invalid_argument, naming the member) when one is of the wrong kind or
/// out of range.
plugin_resources resources_of(const plugin_manifest& manifest);

/// The quota of the plugin's storage in bytes, 0 for none: what it says, but not more than the runtime's (0: as much as
/// it says).
std::uint64_t storage_quota_of(const plugin_resources& its, std::uint64_t of_the_runtime);

}  // namespace streamspace
