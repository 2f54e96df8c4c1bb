#include <streamspace/persistence/plugin_failure_sql.hpp>

namespace streamspace {

sql_statement list_plugin_failures() {
  return {"SELECT plugin_name, crashes, given_up FROM plugin_failures ORDER BY plugin_name COLLATE \"C\"", {}};
}

sql_statement record_plugin_failure(const plugin_failure& f) {
  json crashes = json::array();
  for (const auto at : f.crashes) crashes.push_back(to_rfc3339(at));
  const std::optional<std::string> given_up = f.given_up.empty() ? std::nullopt : std::optional{f.given_up};
  return {
      "INSERT INTO plugin_failures (plugin_name, crashes, given_up) VALUES ($1, $2, $3) ON CONFLICT (plugin_name) "
      "DO UPDATE SET crashes = EXCLUDED.crashes, given_up = EXCLUDED.given_up, updated_at = now()",
      {f.plugin, crashes, given_up}};
}

sql_statement forget_plugin_failure(const std::string& plugin) {
  return {"DELETE FROM plugin_failures WHERE plugin_name = $1", {plugin}};
}

std::vector<plugin_failure> read_plugin_failures(const sql_result& answer) {
  std::vector<plugin_failure> all;
  for (const auto row : answer) {
    plugin_failure f;
    f.plugin = row.get<std::string>("plugin_name");
    f.given_up = row.get<std::optional<std::string>>("given_up").value_or("");
    for (const auto& text : row.get<json>("crashes"))
      if (const auto at = text.is_string() ? parse_rfc3339(text.get<std::string>()) : std::nullopt)
        f.crashes.push_back(*at);
    all.push_back(std::move(f));
  }
  return all;
}

}  // namespace streamspace
