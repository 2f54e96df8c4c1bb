#pragma once

#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/plugins/manifest/json_fault.hpp>

namespace streamspace {

/// What is wrong with a manifest's configSchema: it must be a JSON Schema (draft-07) for an object, with references
/// within itself only, whose evaluation can be bounded. `{}` allows everything.
std::vector<json_fault> config_schema_faults(const json& config_schema);

/// What in a configuration does not fit its schema. Of a schema with faults, its faults, below "".
std::vector<json_fault> config_faults(const json& config, const json& config_schema);

/// The same for a part of a configuration, such as a manifest's defaultConfig: nothing that is required is missed.
std::vector<json_fault> partial_config_faults(const json& config, const json& config_schema);

/// A configuration with what it leaves out: from the manifest's defaultConfig, then from the schema's "default"s, in
/// nested objects and in objects of arrays too. Objects are merged; whatever else the configuration has, null too,
/// stays. An object that is not there at all is made of its members' defaults if nothing it requires is missing then.
json with_defaults(const json& config, const json& config_schema, const json& default_config);

/// with_defaults(), checked. Errors: invalid_argument; the message lists what is wrong, and each fact is a pointer and
/// its sentence, which quote no value of the configuration.
result<json> complete_config(const json& config, const json& config_schema, const json& default_config);

}  // namespace streamspace
