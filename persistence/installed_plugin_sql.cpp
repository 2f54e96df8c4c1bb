#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/json_text.hpp>

namespace streamspace {

namespace {

const std::string columns =
    "id, catalog_plugin_id, name, version, enabled, config, config_revision, code_sha256, installed_by, installed_at, "
    "updated_at";

/// The id of the plugin that $1 names.
const std::string named_by_1 =
    "(SELECT id FROM installed_plugins WHERE name = $1 OR id::text = $1 ORDER BY name = $1 DESC LIMIT 1)";

const std::string revisions_of_1 =
    "SELECT p.name, h.revision, h.config, h.kind, h.reverted_to, h.changed_by, h.changed_at, "
    "h.revision = p.config_revision AND h.config = p.config AS current FROM installed_plugins p "
    "LEFT JOIN plugin_config_history h ON h.plugin_name = p.name";

/// A change of a row of installed_plugins, and the configuration that it has then in the history. One that is new has
/// the next number; one that was there has its row already.
sql_statement noted(const std::string& change, sql_params params, const config_origin& origin) {
  const auto next = [&](const char* type, sql_param value) {
    params.push_back(std::move(value));
    return "$" + std::to_string(params.size()) + "::" + type;
  };
  const auto kind = next("text", to_string(origin.what));
  const auto reverted_to = next("integer", origin.reverted_to);
  const auto by = next("text", origin.by.empty() ? sql_param{nullptr} : sql_param{origin.by});
  const auto oldest = "c.config_revision - " + std::to_string(config_revision::most);
  return {"WITH changed AS (" + change +
              " RETURNING *), noted AS (INSERT INTO plugin_config_history "
              "(plugin_name, revision, config, kind, reverted_to, changed_by) SELECT name, config_revision, config, " +
              kind + ", " + reverted_to + ", " + by +
              " FROM changed ON CONFLICT (plugin_name, revision) DO NOTHING), pruned AS (DELETE FROM "
              "plugin_config_history h USING changed c WHERE h.plugin_name = c.name AND h.revision <= " +
              oldest + ") SELECT " + columns + " FROM changed",
          std::move(params)};
}

}  // namespace

sql_statement install_plugin(const installed_plugin& p) {
  return noted(
      "INSERT INTO installed_plugins AS present (catalog_plugin_id, name, version, enabled, config, "
      "installed_by, code_sha256) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET "
      "catalog_plugin_id = EXCLUDED.catalog_plugin_id, version = EXCLUDED.version, enabled = EXCLUDED.enabled, "
      "config = EXCLUDED.config, config_revision = present.config_revision + "
      "(present.config <> EXCLUDED.config)::integer, code_sha256 = EXCLUDED.code_sha256, updated_at = now()",
      {p.catalog_plugin_id, p.name, p.version, p.enabled, to_jsonb_text(p.config), p.installed_by, p.code_sha256},
      {config_origin::kind::installed, std::nullopt, p.installed_by.value_or("")});
}

sql_statement install_plugin_unless_present(const std::string& name, const std::string& version) {
  return noted("INSERT INTO installed_plugins (name, version) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
               {name, version}, {config_origin::kind::installed, std::nullopt, {}});
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

sql_statement set_plugin_config(const std::string& plugin, const json& config, const config_origin& origin) {
  return noted(
      "UPDATE installed_plugins SET config = $2::jsonb, config_revision = config_revision + "
      "(config <> $2::jsonb)::integer, updated_at = now() WHERE id = " +
          named_by_1,
      {plugin, to_jsonb_text(config)}, origin);
}

sql_statement take_back_plugin_config(const installed_plugin& before, int failed) {
  return {
      "WITH restored AS (UPDATE installed_plugins SET config = $2, config_revision = $3::integer, updated_at = now() "
      "WHERE name = $1 AND config_revision = $4::integer) DELETE FROM plugin_config_history "
      "WHERE plugin_name = $1 AND revision = $4::integer AND revision <> $3::integer",
      {before.name, to_jsonb_text(before.config), before.config_revision, failed}};
}

sql_statement restore_installed_plugin(const installed_plugin& before) {
  return {
      "WITH restored AS (UPDATE installed_plugins SET catalog_plugin_id = $2, version = $3, enabled = $4, config = $5, "
      "config_revision = $6, code_sha256 = $7, updated_at = now() WHERE name = $1 RETURNING name, config_revision) "
      "DELETE FROM plugin_config_history h USING restored r "
      "WHERE h.plugin_name = r.name AND h.revision > r.config_revision",
      {before.name, before.catalog_plugin_id, before.version, before.enabled, to_jsonb_text(before.config),
       before.config_revision, before.code_sha256}};
}

sql_statement replace_plugin_config(const std::string& name, const json& before, const json& config) {
  return {
      "WITH replaced AS (UPDATE installed_plugins SET config = $3::jsonb WHERE name = $1 AND config = $2::jsonb "
      "RETURNING name, config_revision) UPDATE plugin_config_history h SET config = $3::jsonb FROM replaced r "
      "WHERE h.plugin_name = r.name AND h.revision = r.config_revision AND h.config = $2::jsonb",
      {name, to_jsonb_text(before), to_jsonb_text(config)}};
}

sql_statement set_plugin_code(const std::string& name, const std::string& sha256) {
  return {"UPDATE installed_plugins SET code_sha256 = $2 WHERE name = $1 AND code_sha256 IS NULL", {name, sha256}};
}

sql_statement remove_installed_plugin(const std::string& plugin) {
  return {"DELETE FROM installed_plugins WHERE id = " + named_by_1 + " RETURNING " + columns, {plugin}};
}

sql_statement list_config_history(const std::string& plugin) {
  return {revisions_of_1 + " WHERE p.id = " + named_by_1 + " ORDER BY h.revision DESC", {plugin}};
}

sql_statement find_config_revision(const std::string& plugin, int revision) {
  return {revisions_of_1 + " AND h.revision = $2 WHERE p.id = " + named_by_1, {plugin, revision}};
}

sql_statement replace_config_revision(const std::string& name, int revision, const json& before, const json& config) {
  return {"UPDATE plugin_config_history SET config = $4 WHERE plugin_name = $1 AND revision = $2 AND config = $3",
          {name, revision, to_jsonb_text(before), to_jsonb_text(config)}};
}

std::vector<config_revision> read_config_history(const sql_result& answer) {
  std::vector<config_revision> all;
  for (const auto row : answer) {
    if (row.is_null("revision")) continue;
    auto& r = all.emplace_back();
    r.revision = row.get<int>("revision");
    r.at = row.get<timestamp>("changed_at");
    r.origin.what = parse_config_origin_kind(row.get<std::string>("kind")).value_or(config_origin::kind::configured);
    r.origin.reverted_to = row.get<std::optional<int>>("reverted_to");
    r.origin.by = row.get<std::optional<std::string>>("changed_by").value_or("");
    r.config = row.get<json>("config");
    r.current = row.get<bool>("current");
  }
  return all;
}

installed_plugin read_installed_plugin(const sql_row& row) {
  installed_plugin p;
  p.id = row.get<std::int64_t>("id");
  p.catalog_plugin_id = row.get<std::optional<std::int64_t>>("catalog_plugin_id");
  p.name = row.get<std::string>("name");
  p.version = row.get<std::string>("version");
  p.enabled = row.get<bool>("enabled");
  p.config = row.get<json>("config");
  p.config_revision = row.get<int>("config_revision");
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
