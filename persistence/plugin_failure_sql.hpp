#pragma once

#include <string>
#include <vector>

#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/time.hpp>

/// The table plugin_failures: statements, and what their answers mean.
namespace streamspace {

struct plugin_failure {
  std::string plugin;
  std::vector<timestamp> crashes;  ///< Those that still count, oldest first.
  std::string given_up;            ///< Why the plugin is not loaded any more; empty while it is.
};

sql_statement list_plugin_failures();
/// Makes or replaces the row of this plugin.
sql_statement record_plugin_failure(const plugin_failure& f);
/// After an operator has seen to it.
sql_statement forget_plugin_failure(const std::string& plugin);

std::vector<plugin_failure> read_plugin_failures(const sql_result& answer);

}  // namespace streamspace
