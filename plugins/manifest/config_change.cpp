#include <set>
#include <string>

#include <streamspace/plugins/manifest/config_change.hpp>

namespace streamspace {

namespace {

constexpr const char* keyword = "reloadOnChange";

const json& member(const json& object, const std::string& name) {
  static const json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nothing : *found;
}

bool said(const json& schema, bool otherwise) {
  const auto& wish = member(schema, keyword);
  return wish.is_boolean() ? wish.get<bool>() : otherwise;
}

std::set<std::string> names_in(const json& a, const json& b) {
  std::set<std::string> names;
  for (const auto* object : {&a, &b})
    for (const auto& [name, value] : object->items()) names.insert(name);
  return names;
}

bool any_wants(const json& schema, bool otherwise, const json& before, const json& after) {
  if (before == after) return false;
  const auto here = said(schema, otherwise);
  if (!before.is_object() || !after.is_object()) return here;
  for (const auto& name : names_in(before, after))
    if (any_wants(member(member(schema, "properties"), name), here, member(before, name), member(after, name)))
      return true;
  return false;
}

}  // namespace

bool wants_reload(const plugin_manifest& manifest, const json& before, const json& after) {
  return any_wants(manifest.config_schema, said(manifest.extra, true), before, after);
}

}  // namespace streamspace
