#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/time.hpp>

/// The table installed_plugins: statements, and what their answers mean. Nothing here touches a connection.
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
  std::optional<std::string> code_sha256;  ///< Of the file of its code; none before it was loaded from one.
  std::optional<std::string> installed_by;
  timestamp installed_at{};
  timestamp updated_at{};

  friend bool operator==(const installed_plugin&, const installed_plugin&) = default;
};

/// Makes the row, or gives the present one of that name the new version, config, code, enabled and catalog_plugin_id;
/// who installed it first, when, and its id stay. Answers the row. id and times of `p` are not used.
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
sql_statement set_plugin_config(const std::string& plugin, const json& config);
/// Only where the row has `before` still; nothing else of it changes.
sql_statement replace_plugin_config(const std::string& name, const json& before, const json& config);
/// Unless the row has code already.
sql_statement set_plugin_code(const std::string& name, const std::string& sha256);
/// Answers the row that was.
sql_statement remove_installed_plugin(const std::string& plugin);

installed_plugin read_installed_plugin(const sql_row& row);
std::vector<installed_plugin> read_installed_plugins(const sql_result& answer);

/// A constraint's refusal of one of these statements in the caller's words: invalid_argument for a name, version or
/// configuration that cannot be. Other errors come back as they are.
error explain_installed_plugin_error(error e);

}  // namespace streamspace
