#include <cmath>

#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/json_text.hpp>
#include <streamspace/persistence/sql_text.hpp>
#include <streamspace/persistence/storage_sql.hpp>

namespace streamspace {

sql_statement get_stored(const std::string& plugin, const std::string& key) {
  return {"SELECT value FROM plugin_storage WHERE plugin_name = $1 AND key = $2", {plugin, key}};
}

sql_statement set_stored(const std::string& plugin, const std::string& key, const json& value) {
  return {
      "INSERT INTO plugin_storage (plugin_name, key, value) VALUES ($1, $2, $3) "
      "ON CONFLICT (plugin_name, key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()",
      {plugin, key, to_jsonb_text(value)}};
}

sql_statement remove_stored(const std::string& plugin, const std::string& key) {
  return {"DELETE FROM plugin_storage WHERE plugin_name = $1 AND key = $2", {plugin, key}};
}

sql_statement list_stored_keys(const std::string& plugin, const std::string& prefix, const std::string& after,
                               int limit) {
  return {"SELECT key FROM plugin_storage WHERE plugin_name = $1 AND key LIKE $2 AND key > $3 ORDER BY key LIMIT $4",
          {plugin, escape_like(prefix) + "%", after, limit}};
}

sql_statement clear_stored(const std::string& plugin) {
  return {"DELETE FROM plugin_storage WHERE plugin_name = $1", {plugin}};
}

sql_statement increment_stored(const std::string& plugin, const std::string& key, double by) {
  if (!std::isfinite(by))
    throw error{ec::invalid_argument, "storage key '" + key + "' cannot be changed by a number that is not finite"};
  return {
      "INSERT INTO plugin_storage AS present (plugin_name, key, value) VALUES ($1, $2, to_jsonb($3::numeric)) "
      "ON CONFLICT (plugin_name, key) DO UPDATE SET value = to_jsonb(present.value::numeric + "
      "EXCLUDED.value::numeric), "
      "updated_at = now() WHERE jsonb_typeof(present.value) = 'number' RETURNING value",
      {plugin, key, by}};
}

sql_statement count_stored(const std::string& plugin) {
  return {"SELECT count(*) FROM plugin_storage WHERE plugin_name = $1", {plugin}};
}

std::optional<json> read_stored_value(const sql_result& answer) {
  if (answer.empty()) return std::nullopt;
  return answer[0].get<json>(0);
}

std::vector<std::string> read_stored_keys(const sql_result& answer) {
  std::vector<std::string> keys;
  keys.reserve(answer.size());
  for (const auto row : answer) keys.push_back(row.get<std::string>(0));
  return keys;
}

std::uint64_t read_stored_count(const sql_result& answer) {
  return answer[0].get<std::uint64_t>(0);
}

double read_increment(const sql_result& answer, const std::string& key) {
  if (answer.empty())
    throw error{ec::invalid_argument,
                "the value of storage key '" + key + "' is no number, so nothing can be added to it"};
  return answer[0].get<double>(0);
}

error explain_storage_error(error e) {
  return explain_constraint(
      std::move(e), {{"plugin_storage_key_length", ec::invalid_argument, "a storage key must have 1 to 512 bytes"}});
}

}  // namespace streamspace
