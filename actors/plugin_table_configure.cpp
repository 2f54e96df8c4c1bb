// How a plugin gets another configuration, and goes back to its old one if it cannot be loaded with that.
#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/messages/json_overlay.hpp>
#include <streamspace/persistence/config_seal.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/plugins/manifest/config_change.hpp>
#include <streamspace/plugins/manifest/config_check.hpp>

namespace streamspace {

void plugin_table::configure(const std::string& plugin, const std::string& config_text, const std::string& who,
                             reply done) {
  auto config = json::parse(config_text, nullptr, false);
  if (!config.is_object()) return done(failure(ec::invalid_argument, "a configuration must be a JSON object"));
  if (const auto refused_part = attempted([&] { return refuse_sealed(config), true; }); !refused_part)
    return done(tl::unexpected<error>{refused_part.error()});
  change_config(plugin, config, {config_origin::kind::configured, std::nullopt, who}, done);
}

void plugin_table::change_config(const std::string& plugin, const json& config, const config_origin& origin,
                                 const reply& done) {
  if (refused(done)) return;
  const bool present = plugins_.contains(plugin);
  if (!present && !has_database()) return done(tl::unexpected<error>{no_such_plugin(plugin)});
  if (present) {
    const auto claimed = claim(plugin);
    if (!claimed) return done(tl::unexpected<error>{claimed.error()});
  }
  if (!has_database()) return configure_present(plugin, config, std::nullopt, origin, done);
  query(find_installed_plugin(plugin), [=, this](result<sql_result> rows) {
    if (!rows) {
      if (present) plugins_.at(plugin).busy = false;
      done(tl::unexpected<error>{rows.error()});
      return go_on_stopping();
    }
    std::optional<installed_plugin> row;
    if (!rows->empty()) row = read_installed_plugin((*rows)[0]);
    if (present) return configure_present(plugin, config, row, origin, done);
    row ? configure_installed(*row, config, origin, done) : done(tl::unexpected<error>{not_installed(plugin)});
  });
}

/// The plugin is claimed.
void plugin_table::configure_present(const std::string& plugin, const json& config,
                                     const std::optional<installed_plugin>& row, const config_origin& origin,
                                     const reply& done) {
  const auto& e = plugins_.at(plugin);
  const auto refuse = [this, plugin, done](const error& why) {
    plugins_.at(plugin).busy = false;
    done(tl::unexpected<error>{why});
    go_on_stopping();
  };
  auto known = e.info.config;
  // What is sealed with another key stays so, and is an error only where it is wanted.
  if (row)
    known = overlaid(known, attempted([&] { return setup_.seal->opened(plugin, row->config); }).value_or(row->config));
  auto whole = attempted(
      [&] { return setup_.seal->opened(plugin, with_stored_secrets(config, known, e.info.manifest.config_schema)); });
  if (!whole) return refuse(whole.error());
  auto complete = complete_config(*whole, e.info.manifest.config_schema, e.info.manifest.default_config);
  if (!complete) return refuse(does_not_fit(plugin, complete.error()));
  auto next = e.options;
  next.config = std::move(*whole);
  if (row) next.version = row->version;
  if (row) next.code_sha256 = row->code_sha256.value_or("");
  auto before = e.options;
  before.code_sha256 = next.code_sha256;
  before.enable = e.info.state != plugin_state::disabled;
  const bool was_up = static_cast<bool>(e.actor);
  const bool live = e.info.state == plugin_state::enabled && !wants_reload(e.info.manifest, e.info.config, *complete);
  record_config(
      plugin, next.config, row, origin, [=, this, config = std::move(*complete)](const result<int>& recorded) {
        if (!recorded) return refuse(recorded.error());
        const auto settle = [=, this, revision = *recorded](result<loaded_plugin> changed) {
          changed || !was_up ? done(std::move(changed)) : go_back(before, row, revision, changed.error(), done);
        };
        if (live) return reconfigure(plugin, next, config, settle);
        plugins_.at(plugin).busy = false;
        renew(next, settle);
        go_on_stopping();
      });
}

void plugin_table::configure_installed(const installed_plugin& row, const json& config, const config_origin& origin,
                                       const reply& done) {
  const auto manifest = as_installed(row).manifest;
  const auto whole = attempted([&] { return with_stored_secrets(config, row.config, manifest.config_schema); });
  if (!whole) return done(tl::unexpected<error>{whole.error()});
  const auto opened = attempted([&] { return setup_.seal->opened(row.name, *whole); });
  if (auto fits = complete_config(opened.value_or(*whole), manifest.config_schema, manifest.default_config); !fits)
    return done(tl::unexpected<error>{does_not_fit(row.name, fits.error())});
  auto changed = row;
  changed.config = *whole;
  record_config(row.name, changed.config, row, origin, [this, changed, done](const result<int>& r) {
    if (!r) return done(tl::unexpected<error>{r.error()});
    // Somebody may have loaded it meanwhile.
    plugins_.contains(changed.name) ? reload(changed.name, done) : done(as_installed(changed));
  });
}

void plugin_table::go_back(load_options before, const std::optional<installed_plugin>& row, int failed,
                           const error& why, const reply& done) {
  const auto plugin = before.name;
  const auto record_again = [=, this](const result<loaded_plugin>& back) {
    auto what = "plugin " + plugin + " keeps the configuration it had: " + why.message();
    if (!back) what += "; it could not be loaded again with that one either: " + back.error().message();
    const auto tell = [=](const result<sql_result>& taken_back) {
      const auto left = taken_back ? std::string{} : "; the new one is still recorded: " + taken_back.error().message();
      done(failure(why.code(), what + left, why.context()));
    };
    row ? query(take_back_plugin_config(*row, failed), tell) : tell(sql_result{});
  };
  // One that serves has not been touched.
  if (const auto present = plugins_.find(plugin); present != plugins_.end() && present->second.actor)
    return record_again(snapshot(present->second));
  load(std::move(before), record_again);
}

void plugin_table::record_config(const std::string& plugin, const json& config,
                                 const std::optional<installed_plugin>& before, const config_origin& origin,
                                 std::function<void(result<int>)> then) {
  if (!has_database()) return then(0);
  const auto schema = schema_of(plugin);
  if (!setup_.seals && config_seal::is_bare(config, schema))
    log(log_level::warn, "the secrets of plugin " + plugin + " are kept in the clear, as no key is set to seal them",
        {{"plugin", plugin}});
  auto statement =
      attempted([&] { return set_plugin_config(plugin, as_recorded(plugin, config, schema, before), origin); });
  if (!statement) return then(tl::unexpected<error>{statement.error()});
  query(std::move(*statement), [this, then](const result<sql_result>& rows) {
    if (!rows) return then(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return then(0);
    const auto row = read_installed_plugin((*rows)[0]);
    seal_stored(row);
    then(row.config_revision);
  });
}

}  // namespace streamspace
