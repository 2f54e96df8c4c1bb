#pragma once

#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/plugins/manifest/config_schema.hpp>
#include <streamspace/plugins/manifest/json_fault.hpp>

namespace streamspace {

/// How much of a document is there: a part may lack members that are required.
enum class extent { whole, part };

/// What in a value does not fit a schema that has no faults. At most 100 faults; time and stack are bounded whatever
/// schema and value are.
std::vector<json_fault> faults_against(const config_schema& schema, const json& value, extent how_much = extent::whole);

}  // namespace streamspace
