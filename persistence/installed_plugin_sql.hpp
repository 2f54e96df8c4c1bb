#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/config_revision.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/time.hpp>

/// The tables installed_plugins and plugin_config_history: statements, and what their answers mean. Nothing here
/// touches a connection.
///
/// The history has each configuration that is recorded, under a number of its own, as a part of the same statement; a
/// configuration that is equal to the recorded one adds none. The newest config_revision::most are kept.
///
/// Where a statement takes a `plugin`, that is its name or its number; a name that looks like a number goes before the
/// number.
namespace streamspace {

struct installed_plugin {
  std::int64_t id = 0;  ///< Given by the database.
  std::optional<std::int64_t> catalog_plugin_id;
  std::string name;
  std::string version;
  bool enabled = true;
  json config = json::object();
  int config_revision = 1;                 ///< The number of that configuration.
  std::optional<std::string> code_sha256;  ///< Of the file of its code; none before it was loaded from one.
  std::optional<std::string> installed_by;
  timestamp installed_at{};
  timestamp updated_at{};

  friend bool operator==(const installed_plugin&, const installed_plugin&) = default;
};

/// Makes the row, or gives the present one of that name the new version, config, code, enabled and catalog_plugin_id;
/// who installed it first, when, and its id stay. Answers the row. id, revision and times of `p` are not used.
sql_statement install_plugin(const installed_plugin& p);
/// Makes an enabled row without configuration unless there is one of that name. Answers the row if it was made.
sql_statement install_plugin_unless_present(const std::string& name, const std::string& version);
sql_statement find_installed_plugin(const std::string& plugin);
/// In order of name; with `enabled`, only those that are, or are not.
sql_statement list_installed_plugins(std::optional<bool> enabled = std::nullopt);
sql_statement list_enabled_plugins();
/// Answers the changed row; none when there is no such plugin.
sql_statement set_plugin_enabled(const std::string& plugin, bool enabled);
/// Answers the changed row; none when there is no such plugin.
sql_statement set_plugin_config(const std::string& plugin, const json& config, const config_origin& origin = {});
/// Takes back a configuration that was recorded as `failed`, with its revision, for the one of `before`. One that
/// somebody has recorded since then stays.
sql_statement take_back_plugin_config(const installed_plugin& before, int failed);
/// Takes back whatever install_plugin() has done to the row `before`, and the revisions since.
sql_statement restore_installed_plugin(const installed_plugin& before);
/// The same configuration in another form, under the same number. Only where the row has `before` still.
sql_statement replace_plugin_config(const std::string& name, const json& before, const json& config);
/// Unless the row has code already.
sql_statement set_plugin_code(const std::string& name, const std::string& sha256);
/// Answers the row that was.
sql_statement remove_installed_plugin(const std::string& plugin);

/// One row for each revision, the newest first. A single one without a revision when the plugin has none, or none of
/// that number; none when there is no such plugin. "name" is the plugin's.
sql_statement list_config_history(const std::string& plugin);
sql_statement find_config_revision(const std::string& plugin, int revision);
/// As replace_plugin_config(), of a revision that is not the recorded one.
sql_statement replace_config_revision(const std::string& name, int revision, const json& before, const json& config);
/// As they are recorded: secrets are sealed or in the clear.
std::vector<config_revision> read_config_history(const sql_result& answer);

installed_plugin read_installed_plugin(const sql_row& row);
std::vector<installed_plugin> read_installed_plugins(const sql_result& answer);

/// A constraint's refusal of one of these statements in the caller's words: invalid_argument for a name, version or
/// configuration that cannot be. Other errors come back as they are.
error explain_installed_plugin_error(error e);

}  // namespace streamspace
