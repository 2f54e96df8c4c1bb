// What configurations a plugin had, how it goes back to one of them, and how their secrets are kept.
#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/persistence/config_seal.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>

namespace streamspace {

namespace {

tl::unexpected<error> no_history() {
  return failure(ec::unavailable, "this runtime has no database that would keep which configurations a plugin had");
}

}  // namespace

void plugin_table::config_history(const std::string& plugin, history_reply done) {
  if (!has_database()) return done(no_history());
  query(list_config_history(plugin), [this, plugin, done](const result<sql_result>& rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{not_installed(plugin)});
    const auto name = (*rows)[0].get<std::string>("name");
    auto all = read_config_history(*rows);
    for (auto& r : all) r.config = masked(name, r.config);
    done(std::move(all));
  });
}

void plugin_table::revert(const std::string& plugin, int revision, const std::string& who, reply done) {
  if (!has_database()) return done(no_history());
  query(find_config_revision(plugin, revision), [=, this](const result<sql_result>& rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{not_installed(plugin)});
    const auto found = read_config_history(*rows);
    if (found.empty())
      return done(failure(ec::not_found, "the history of plugin " + plugin + " has no configuration with the number " +
                                             std::to_string(revision) + "; look there for those it has"));
    if (!known_schema(plugin))
      return done(failure(ec::conflict, "the code of plugin " + plugin +
                                            " is not there to say whether a configuration that it had still fits, and "
                                            "what is secret in it; bring it back, or send the configuration"));
    const auto config = attempted([&] { return setup_.seal->opened(plugin, found.front().config); });
    if (!config) return done(tl::unexpected<error>{config.error()});
    change_config(plugin, *config, {config_origin::kind::reverted, revision, who}, done);
  });
}

json plugin_table::masked(const std::string& plugin, const json& config) const {
  if (const auto schema = known_schema(plugin)) return masked_secrets(config_seal::masked(config), *schema);
  json hidden = config;
  for (auto& value : hidden) value = secret_mask;
  return hidden;
}

json plugin_table::as_recorded(const std::string& plugin, const json& config, const json& schema,
                               const std::optional<installed_plugin>& before) const {
  const auto opened = [&](const json& c) {
    return attempted([&] { return setup_.seal->opened(plugin, c); }).value_or(c);
  };
  // A secret that is sealed twice is two texts.
  if (before && opened(before->config) == opened(config)) return before->config;
  return setup_.seals ? setup_.seal->sealed(plugin, config, schema) : config;
}

void plugin_table::seal_stored(const installed_plugin& row) {
  const auto schema = schema_of(row.name);
  if (!setup_.seals || !declares_secrets(schema)) return;
  const auto demand_done = [this, plugin = row.name](const result<sql_result>& rows) {
    if (!rows)
      log(log_level::error, "the secrets of plugin " + plugin + " could not be sealed and stay in the clear",
          {{"plugin", plugin}, {"what", rows.error().message()}});
    return rows.has_value();
  };
  const auto sealed = [this, plugin = row.name, schema](const json& config) {
    return setup_.seal->sealed(plugin, config, schema);
  };
  if (config_seal::is_bare(row.config, schema))
    query(replace_plugin_config(row.name, row.config, sealed(row.config)), demand_done);
  query(list_config_history(row.name), [=, this, plugin = row.name](const result<sql_result>& rows) {
    if (!demand_done(rows)) return;
    for (const auto& r : read_config_history(*rows))
      if (!r.current && config_seal::is_bare(r.config, schema))
        query(replace_config_revision(plugin, r.revision, r.config, sealed(r.config)), demand_done);
  });
}

}  // namespace streamspace
