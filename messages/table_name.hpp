#pragma once

#include <string>
#include <string_view>

namespace streamspace {

/// The table of a plugin as a quoted SQL identifier: plugin_{plugin}_{table} with the plugin's hyphens as underscores.
/// Throws error (invalid_argument) when `table` is not [a-z_][a-z0-9_]* or the whole is longer than the 63 bytes that
/// PostgreSQL keeps.
std::string plugin_table_name(std::string_view plugin, std::string_view table);

}  // namespace streamspace
