#pragma once

#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/manifest.hpp>

namespace streamspace {

/// Another plugin that a manifest names.
struct plugin_need {
  std::string name;
  std::optional<std::string> range;  ///< None: any version.
  bool optional = false;
};

/// What a manifest says of that: dependencies, requirements.plugins ("slack" or "slack@^1.2"), and the member
/// "optionalDependencies" (as dependencies, but optional).
std::vector<plugin_need> needs_of(const plugin_manifest& manifest);

}  // namespace streamspace
