#include <algorithm>
#include <array>

#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/manifest.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {

namespace {

using namespace json_members;

constexpr std::array<std::string_view, 7> plugin_types{"extension", "webhook", "integration", "api",
                                                       "theme",     "cli",     "system"};

/// The members of `in` that are not among `known`.
template <std::size_t N>
json others(const json& in, const std::array<const char*, N>& known) {
  json rest = json::object();
  for (const auto& [key, value] : in.items())
    if (std::find(known.begin(), known.end(), key) == known.end()) rest[key] = value;
  return rest;
}

constexpr std::array known_requirements{"streamspaceVersion", "minimumVersion", "maximumVersion", "plugins"};
constexpr std::array known_members{"name",          "version",     "displayName",  "description", "author",
                                   "homepage",      "repository",  "license",      "type",        "category",
                                   "tags",          "icon",        "requirements", "entrypoints", "configSchema",
                                   "defaultConfig", "permissions", "dependencies"};

void read_object(const json& in, const char* name, json& out) {
  read(in, name, out);
  if (!out.is_object()) wrong_kind(name, "an object");
}

plugin_manifest::requirements_type read_requirements(const json& in) {
  demand_object(in, "member 'requirements'");
  plugin_manifest::requirements_type r;
  read(in, "streamspaceVersion", r.streamspace_version);
  read(in, "minimumVersion", r.minimum_version);
  read(in, "maximumVersion", r.maximum_version);
  read(in, "plugins", r.plugins);
  r.extra = others(in, known_requirements);
  return r;
}

json write_requirements(const plugin_manifest::requirements_type& r) {
  json out = r.extra;
  write(out, "streamspaceVersion", r.streamspace_version);
  write(out, "minimumVersion", r.minimum_version);
  write(out, "maximumVersion", r.maximum_version);
  if (!r.plugins.empty()) out["plugins"] = r.plugins;
  return out;
}

}  // namespace

void to_json(json& out, const plugin_manifest& m) {
  out = m.extra;
  out["name"] = m.name;
  out["version"] = m.version;
  out["displayName"] = m.display_name;
  out["description"] = m.description;
  out["author"] = m.author;
  write(out, "homepage", m.homepage);
  write(out, "repository", m.repository);
  write(out, "license", m.license);
  out["type"] = m.type;
  write(out, "category", m.category);
  out["tags"] = m.tags;
  write(out, "icon", m.icon);
  if (auto requirements = write_requirements(m.requirements); !requirements.empty())
    out["requirements"] = std::move(requirements);
  if (!m.entrypoints.empty()) out["entrypoints"] = m.entrypoints;
  if (!m.config_schema.empty()) out["configSchema"] = m.config_schema;
  if (!m.default_config.empty()) out["defaultConfig"] = m.default_config;
  out["permissions"] = m.permissions;
  if (!m.dependencies.empty()) out["dependencies"] = m.dependencies;
}

void from_json(const json& in, plugin_manifest& m) {
  demand_object(in, "a manifest");
  plugin_manifest r;
  require(in, "name", r.name);
  if (auto fault = why_not_a_plugin_name(r.name); !fault.empty()) throw error{ec::invalid_argument, std::move(fault)};
  require(in, "version", r.version);
  read(in, "displayName", r.display_name);
  read(in, "description", r.description);
  read(in, "author", r.author);
  read(in, "homepage", r.homepage);
  read(in, "repository", r.repository);
  read(in, "license", r.license);
  read(in, "type", r.type);
  if (std::find(plugin_types.begin(), plugin_types.end(), r.type) == plugin_types.end())
    wrong_kind("type", "one of extension, webhook, integration, api, theme, cli, system");
  read(in, "category", r.category);
  read(in, "tags", r.tags);
  read(in, "icon", r.icon);
  if (const auto it = in.find("requirements"); it != in.end() && !it->is_null())
    r.requirements = read_requirements(*it);
  read_object(in, "entrypoints", r.entrypoints);
  read_object(in, "configSchema", r.config_schema);
  read_object(in, "defaultConfig", r.default_config);
  read(in, "permissions", r.permissions);
  if (const auto it = in.find("dependencies"); it != in.end() && !it->is_null()) {
    if (!it->is_object()) wrong_kind("dependencies", "an object of plugin names and version ranges");
    for (const auto& [key, value] : it->items()) convert(value, "dependencies/" + key, r.dependencies[key]);
  }
  r.extra = others(in, known_members);
  m = std::move(r);
}

}  // namespace streamspace
