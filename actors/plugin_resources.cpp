#include <algorithm>

#include <streamspace/actors/plugin_resources.hpp>
#include <streamspace/messages/json_members.hpp>

namespace streamspace {

plugin_resources resources_of(const plugin_manifest& manifest) {
  using namespace json_members;
  plugin_resources its;
  const auto said = manifest.extra.find("resources");
  if (said == manifest.extra.end() || said->is_null()) return its;
  demand_object(*said, "member 'resources'");
  std::uint64_t bytes = 0;
  read_number(*said, "storageBytes", 4'096, std::int64_t{1} << 50U, bytes);
  if (bytes > 0) its.storage_bytes = bytes;
  return its;
}

std::uint64_t storage_quota_of(const plugin_resources& its, std::uint64_t of_the_runtime) {
  const auto wanted = its.storage_bytes.value_or(of_the_runtime);
  return of_the_runtime == 0 ? wanted : std::min(wanted, of_the_runtime);
}

}  // namespace streamspace
