// How a plugin that is available becomes an installed one, and ceases to be one.
#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/messages/config_secrets.hpp>
#include <streamspace/persistence/config_seal.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/plugins/manifest/config_check.hpp>

namespace streamspace {

void plugin_table::install(const std::string& plugin, const std::string& config_text, bool enable,
                           const std::string& who, reply done) {
  if (refused(done)) return;
  if (const auto factory = setup_.sources->factory_of(plugin, {}); !factory)
    return done(tl::unexpected<error>{factory.error()});
  if (!has_database())
    return done(failure(ec::unavailable, "this runtime has no database to record in that plugin " + plugin +
                                             " is installed; load it with options"));
  std::optional<json> config;
  if (!config_text.empty()) {
    config = json::parse(config_text, nullptr, false);
    if (!config->is_object()) return done(failure(ec::invalid_argument, "a configuration must be a JSON object"));
    if (const auto fault = attempted([&] { return refuse_sealed(*config), true; }); !fault)
      return done(tl::unexpected<error>{fault.error()});
  }
  query(find_installed_plugin(plugin), [=, this](const result<sql_result>& rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    std::optional<installed_plugin> before;
    if (!rows->empty()) before = read_installed_plugin((*rows)[0]);
    if (before && before->name != plugin) before.reset();
    auto whole = attempted([&] {
      const auto known = before ? before->config : json::object();
      return setup_.seal->opened(plugin, config ? with_stored_secrets(*config, known, schema_of(plugin)) : known);
    });
    if (!whole) return done(tl::unexpected<error>{whole.error()});
    install_recorded(plugin, std::move(*whole), enable, who, before, done);
  });
}

void plugin_table::install_recorded(const std::string& plugin, json config, bool enable, const std::string& who,
                                    const std::optional<installed_plugin>& before, const reply& done) {
  const auto manifest = setup_.sources->manifest_of(plugin).value_or(plugin_manifest{});
  if (auto fits = complete_config(config, manifest.config_schema, manifest.default_config); !fits)
    return done(tl::unexpected<error>{does_not_fit(plugin, fits.error())});
  installed_plugin row;
  row.name = plugin;
  row.version = manifest.version;
  row.enabled = enable;
  if (!who.empty()) row.installed_by = who;
  auto statement = attempted([&] {
    row.config = as_recorded(plugin, config, manifest.config_schema, before);
    return install_plugin(row);
  });
  if (!statement) return done(tl::unexpected<error>{statement.error()});
  query(std::move(*statement), [=, this](const result<sql_result>& recorded) {
    if (!recorded) return done(tl::unexpected<error>{explain_installed_plugin_error(recorded.error())});
    const auto made = read_installed_plugin((*recorded)[0]);
    const auto installed = as_installed(made);
    const auto settle = [=, this](result<loaded_plugin> changed) {
      if (!changed) return restore_record(plugin, before, changed.error(), done);
      seal_stored(made);
      done(std::move(changed));
    };
    if (!enable)
      return plugins_.contains(plugin)
                 ? unload(plugin, dependents::forbid,
                          [settle, installed](const result<loaded_plugin>& r) { r ? settle(installed) : settle(r); })
                 : settle(installed);
    load_options options{plugin, manifest.version, config, std::nullopt, true, {}};
    const auto present = plugins_.find(plugin);
    const bool serves = present != plugins_.end() && present->second.info.state == plugin_state::enabled;
    serves ? renew(std::move(options), settle) : replace(std::move(options), settle);
  });
}

void plugin_table::restore_record(const std::string& plugin, const std::optional<installed_plugin>& before,
                                  const error& why, const reply& done) {
  query(before ? restore_installed_plugin(*before) : remove_installed_plugin(plugin),
        [=](const result<sql_result>& restored) {
          if (restored) return done(tl::unexpected<error>{why});
          done(failure(why.code(), why.message() + "; it is still recorded as installed: " + restored.error().message(),
                       why.context()));
        });
}

void plugin_table::record_code(const entry& e) {
  if (!has_database() || e.info.code_sha256.empty() || !e.options.code_sha256.empty()) return;
  query(set_plugin_code(e.info.name, e.info.code_sha256),
        [this, plugin = e.info.name](const result<sql_result>& recorded) {
          if (!recorded)
            log(log_level::warn, "which file the code of plugin " + plugin + " comes from could not be recorded",
                {{"plugin", plugin}, {"what", recorded.error().message()}});
        });
}

void plugin_table::uninstall(const std::string& plugin, dependents others, reply done) {
  if (refused(done)) return;
  const auto forget = [=, this](std::optional<loaded_plugin> unloaded) {
    if (!has_database()) return unloaded ? done(*unloaded) : done(tl::unexpected<error>{no_such_plugin(plugin)});
    query(remove_installed_plugin(plugin), [=, this](const result<sql_result>& removed) {
      if (!removed) return done(tl::unexpected<error>{removed.error()});
      if (removed->empty() && !unloaded) return done(tl::unexpected<error>{not_installed(plugin)});
      auto gone = unloaded ? *unloaded : as_installed(read_installed_plugin((*removed)[0]));
      gone.state = plugin_state::unloaded;
      done(std::move(gone));
    });
  };
  if (!plugins_.contains(plugin)) return forget(std::nullopt);
  unload(plugin, others,
         [=](result<loaded_plugin> unloaded) { unloaded ? forget(std::move(*unloaded)) : done(std::move(unloaded)); });
}

}  // namespace streamspace
