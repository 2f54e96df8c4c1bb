#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What a plugin says of itself (manifest.json). Members that this version does not know are kept in `extra` and
/// written back.
struct plugin_manifest {
  struct requirements_type {
    std::optional<std::string> streamspace_version;
    std::optional<std::string> minimum_version;
    std::optional<std::string> maximum_version;
    std::vector<std::string> plugins;
    json extra = json::object();
    friend bool operator==(const requirements_type&, const requirements_type&) = default;
  };

  std::string name;
  std::string version;
  std::string display_name;
  std::string description;
  std::string author;
  std::optional<std::string> homepage;
  std::optional<std::string> repository;
  std::optional<std::string> license;
  std::string type = "extension";  ///< extension, webhook, integration, api, theme, cli or system
  std::optional<std::string> category;
  std::vector<std::string> tags;
  std::optional<std::string> icon;
  requirements_type requirements;
  json entrypoints = json::object();    ///< main, ui, api, webhook, cli
  json config_schema = json::object();  ///< A JSON Schema.
  json default_config = json::object();
  std::vector<std::string> permissions;
  std::map<std::string, std::string> dependencies;  ///< Plugin name to semver range.
  json extra = json::object();

  friend bool operator==(const plugin_manifest&, const plugin_manifest&) = default;
};

void to_json(json& out, const plugin_manifest& m);
/// Throws error (invalid_argument, naming the member). name and version are demanded.
void from_json(const json& in, plugin_manifest& m);

}  // namespace streamspace
