#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/sql.hpp>

/// The table plugin_storage, one plugin's rows at a time: statements, and what their answers mean. Nothing here touches
/// a connection. Keys have 1 to 512 bytes.
namespace streamspace {

/// For read_stored_value().
sql_statement get_stored(const std::string& plugin, const std::string& key);
/// Makes or replaces; created_at stays, updated_at moves. Errors: invalid_argument for a value that JSON or PostgreSQL
/// cannot hold: text that is not UTF-8 or has NUL characters, numbers that are not finite, more than 512 levels.
sql_statement set_stored(const std::string& plugin, const std::string& key, const json& value);
/// Affects 1 row when the key was there, else 0.
sql_statement remove_stored(const std::string& plugin, const std::string& key);
/// The keys that begin with exactly `prefix`, in order of their bytes: the first `limit` of those after `after`.
sql_statement list_stored_keys(const std::string& plugin, const std::string& prefix, const std::string& after,
                               int limit);
/// Affects as many rows as there were keys.
sql_statement clear_stored(const std::string& plugin);
/// Adds to a number, an absent key counting as 0, in one step whoever else does so. For read_increment().
/// Errors: invalid_argument for a number that is not finite.
sql_statement increment_stored(const std::string& plugin, const std::string& key, double by);
/// For read_stored_count().
sql_statement count_stored(const std::string& plugin);

std::optional<json> read_stored_value(const sql_result& answer);
std::vector<std::string> read_stored_keys(const sql_result& answer);
std::uint64_t read_stored_count(const sql_result& answer);
/// The sum. Errors: invalid_argument when the stored value is no number; it is unchanged then.
double read_increment(const sql_result& answer, const std::string& key);

/// A refused key in the caller's words (invalid_argument). Other errors come back as they are.
error explain_storage_error(error e);

}  // namespace streamspace
