#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/json_text.hpp>

namespace streamspace {

namespace {

const std::string columns =
    "id, catalog_plugin_id, name, version, enabled, config, code_sha256, installed_by, installed_at, updated_at";

/// The id of the plugin that $1 names.
const std::string named_by_1 =
    "(SELECT id FROM installed_plugins WHERE name = $1 OR id::text = $1 ORDER BY name = $1 DESC LIMIT 1)";

}  // namespace

sql_statement install_plugin(const installed_plugin& p) {
  return {
      "INSERT INTO installed_plugins AS present (catalog_plugin_id, name, version, enabled, config, "
      "installed_by, code_sha256) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET "
      "catalog_plugin_id = EXCLUDED.catalog_plugin_id, version = EXCLUDED.version, enabled = EXCLUDED.enabled, "
      "config = EXCLUDED.config, code_sha256 = EXCLUDED.code_sha256, updated_at = now() RETURNING " +
          columns,
      {p.catalog_plugin_id, p.name, p.version, p.enabled, to_jsonb_text(p.config), p.installed_by, p.code_sha256}};
}

sql_statement install_plugin_unless_present(const std::string& name, const std::string& version) {
  return {"INSERT INTO installed_plugins (name, version) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING " +
              columns,
          {name, version}};
}

sql_statement find_installed_plugin(const std::string& plugin) {
  return {"SELECT " + columns + " FROM installed_plugins WHERE id = " + named_by_1, {plugin}};
}

sql_statement list_installed_plugins(std::optional<bool> enabled) {
  return {"SELECT " + columns +
              " FROM installed_plugins WHERE $1::boolean IS NULL OR enabled = $1 ORDER BY name COLLATE \"C\"",
          {enabled}};
}

sql_statement list_enabled_plugins() {
  return list_installed_plugins(true);
}

sql_statement set_plugin_enabled(const std::string& plugin, bool enabled) {
  return {"UPDATE installed_plugins SET enabled = $2, updated_at = now() WHERE id = " + named_by_1 + " RETURNING " +
              columns,
          {plugin, enabled}};
}

sql_statement set_plugin_config(const std::string& plugin, const json& config) {
  return {
      "UPDATE installed_plugins SET config = $2, updated_at = now() WHERE id = " + named_by_1 + " RETURNING " + columns,
      {plugin, to_jsonb_text(config)}};
}

sql_statement replace_plugin_config(const std::string& name, const json& before, const json& config) {
  return {"UPDATE installed_plugins SET config = $3 WHERE name = $1 AND config = $2",
          {name, to_jsonb_text(before), to_jsonb_text(config)}};
}

sql_statement set_plugin_code(const std::string& name, const std::string& sha256) {
  return {"UPDATE installed_plugins SET code_sha256 = $2 WHERE name = $1 AND code_sha256 IS NULL", {name, sha256}};
}

sql_statement remove_installed_plugin(const std::string& plugin) {
  return {"DELETE FROM installed_plugins WHERE id = " + named_by_1 + " RETURNING " + columns, {plugin}};
}

installed_plugin read_installed_plugin(const sql_row& row) {
  installed_plugin p;
  p.id = row.get<std::int64_t>("id");
  p.catalog_plugin_id = row.get<std::optional<std::int64_t>>("catalog_plugin_id");
  p.name = row.get<std::string>("name");
  p.version = row.get<std::string>("version");
  p.enabled = row.get<bool>("enabled");
  p.config = row.get<json>("config");
  p.code_sha256 = row.get<std::optional<std::string>>("code_sha256");
  p.installed_by = row.get<std::optional<std::string>>("installed_by");
  p.installed_at = row.get<timestamp>("installed_at");
  p.updated_at = row.get<timestamp>("updated_at");
  return p;
}

std::vector<installed_plugin> read_installed_plugins(const sql_result& answer) {
  std::vector<installed_plugin> all;
  all.reserve(answer.size());
  for (const auto row : answer) all.push_back(read_installed_plugin(row));
  return all;
}

error explain_installed_plugin_error(error e) {
  return explain_constraint(
      std::move(e),
      {{"installed_plugins_name_check", ec::invalid_argument,
        "a plugin's name has lower-case letters, digits and inner hyphens, 1 to 64 of them"},
       {"installed_plugins_version_check", ec::invalid_argument, "version must not be empty"},
       {"installed_plugins_config_check", ec::invalid_argument, "a configuration must be a JSON object"}});
}

}  // namespace streamspace
