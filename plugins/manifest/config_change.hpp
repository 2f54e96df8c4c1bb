#pragma once

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/manifest.hpp>

namespace streamspace {

/// Whether a plugin has to be reloaded for a change of its configuration: unless the schema declares
/// `"reloadOnChange": false` for each property that differs, or for an object around it. What the schema does not say
/// is decided by the manifest's own `"reloadOnChange"`, which is true if it is not there.
bool wants_reload(const plugin_manifest& manifest, const json& before, const json& after);

}  // namespace streamspace
