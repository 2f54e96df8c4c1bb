// What the table of plugins reads from the database and records there.
#include <algorithm>

#include <streamspace/actors/answer.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/persistence/config_seal.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/plugin_failure_sql.hpp>

namespace streamspace {

error plugin_table::not_installed(const std::string& plugin) {
  return {ec::not_found, "no plugin named '" + plugin.substr(0, 80) + "' is installed"};
}

json plugin_table::schema_of(const std::string& plugin) const {
  return known_schema(plugin).value_or(json::object());
}

std::optional<json> plugin_table::known_schema(const std::string& plugin) const {
  if (const auto present = plugins_.find(plugin); present != plugins_.end())
    return present->second.info.manifest.config_schema;
  const auto manifest = setup_.sources->manifest_of(plugin);
  if (!manifest) return std::nullopt;
  return manifest->config_schema;
}

result<load_options> plugin_table::options_of(const installed_plugin& row) const {
  return attempted([&] {
    return load_options{row.name,     row.version, setup_.seal->opened(row.name, row.config),
                        std::nullopt, true,        row.code_sha256.value_or("")};
  });
}

void plugin_table::query(sql_statement statement, std::function<void(result<sql_result>)> then) {
  // What leaves a handler ends the actor, and with it all plugins.
  const auto guarded = [this, then = std::move(then)](result<sql_result> rows) {
    try {
      then(std::move(rows));
    } catch (const std::exception&) {
      log(log_level::error, "a fault in the table of plugins", {{"what", current_error().message()}});
    }
  };
  self_
      ->request(setup_.database, 2 * setup_.database_deadline, atom::exec_v, std::move(statement),
                setup_.database_deadline)
      .then([guarded](sql_result& rows) { guarded(std::move(rows)); },
            [guarded](const caf::error& e) { guarded(tl::unexpected<error>{from_caf(e)}); });
}

void plugin_table::record(sql_statement statement, loaded_plugin now, reply done) {
  query(std::move(statement), [now = std::move(now), done](result<sql_result> rows) {
    if (!rows)
      return done(failure(rows.error().code(), "plugin " + now.name + " has changed, but that could not be recorded: " +
                                                   rows.error().message()));
    done(now);
  });
}

void plugin_table::look_up(const std::string& plugin, std::function<void(result<load_options>)> then) {
  std::optional<load_options> present;
  if (const auto it = plugins_.find(plugin); it != plugins_.end()) present = it->second.options;
  if (!has_database()) {
    return present ? then(std::move(*present)) : then(tl::unexpected<error>{no_such_plugin(plugin)});
  }
  query(find_installed_plugin(plugin), [this, plugin, present, then](result<sql_result> rows) {
    if (!rows) return then(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return present ? then(*present) : then(tl::unexpected<error>{not_installed(plugin)});
    const auto row = read_installed_plugin((*rows)[0]);
    auto options = options_of(row);
    if (options) seal_stored(row);
    if (options && present) options->manifest = present->manifest;
    then(std::move(options));
  });
}

void plugin_table::load_from_database(const std::string& plugin, reply done) {
  if (refused(done)) return;
  if (!has_database())
    return done(failure(ec::unavailable, "this runtime has no database to load plugin " + plugin.substr(0, 80) +
                                             " from; load it with options"));
  look_up(plugin, [this, done](result<load_options> options) {
    if (!options) return done(tl::unexpected<error>{options.error()});
    load(std::move(*options), done);
  });
}

loaded_plugin plugin_table::as_installed(const installed_plugin& row) const {
  loaded_plugin shown;
  shown.name = row.name;
  shown.version = row.version;
  shown.state = plugin_state::installed;
  shown.config = row.config;
  shown.builtin = setup_.sources->is_builtin(row.name);
  shown.file = setup_.sources->file_of(row.name);
  shown.code_sha256 = row.code_sha256.value_or("");
  if (auto manifest = setup_.sources->manifest_of(row.name)) shown.manifest = std::move(*manifest);
  return shown;
}

void plugin_table::disable_installed(const std::string& plugin, reply done) {
  query(set_plugin_enabled(plugin, false), [this, plugin, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    if (rows->empty()) return done(tl::unexpected<error>{not_installed(plugin)});
    const auto row = read_installed_plugin((*rows)[0]);
    plugins_.contains(row.name) ? disable_alone(row.name, done) : done(as_installed(row));
  });
}

void plugin_table::with_name(const std::string& plugin, const operation& what, reply done) {
  const bool number = !plugin.empty() && plugin.find_first_not_of("0123456789") == std::string::npos;
  if (!number || !has_database() || plugins_.contains(plugin) || setup_.sources->is_builtin(plugin))
    return what(*this, plugin, std::move(done));
  query(find_installed_plugin(plugin), [this, plugin, what, done](result<sql_result> rows) {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    try {
      what(*this, rows->empty() ? plugin : read_installed_plugin((*rows)[0]).name, done);
    } catch (const std::exception&) {
      done(tl::unexpected<error>{current_error()});
    }
  });
}

// -- starting -------------------------------------------------------------------------------------------------------

void plugin_table::install_missing(std::function<void(result<void>)> then) {
  const auto& builtin = setup_.sources->builtin();
  const auto open = std::make_shared<std::size_t>(builtin.size());
  const auto fault = std::make_shared<std::optional<error>>();
  if (*open == 0) return then({});
  for (const auto& [plugin, factory] : builtin)
    query(install_plugin_unless_present(plugin, factory.manifest.version),
          [open, fault, then](result<sql_result> rows) {
            if (!rows) *fault = rows.error();
            if (--*open > 0) return;
            *fault ? then(tl::unexpected<error>{**fault}) : then({});
          });
}

void plugin_table::start(std::function<void(result<std::uint32_t>)> done) {
  if (!has_database()) {
    std::vector<load_options> all;
    for (const auto& [plugin, factory] : setup_.sources->builtin())
      all.push_back({plugin, {}, json::object(), {}, true, {}});
    return start_all(std::move(all), std::move(done));
  }
  install_missing([this, done](result<void> installed) {
    if (!installed) return done(tl::unexpected<error>{installed.error()});
    query(list_enabled_plugins(), [this, done](result<sql_result> rows) {
      if (!rows) return done(tl::unexpected<error>{rows.error()});
      std::vector<load_options> wanted;
      for (const auto& row : read_installed_plugins(*rows)) {
        auto options = options_of(row);
        if (!options) {
          log_skipped(row.name, options.error());
          continue;
        }
        seal_stored(row);
        wanted.push_back(std::move(*options));
      }
      start_remembering(std::move(wanted), done);
    });
  });
}

void plugin_table::start_remembering(std::vector<load_options> wanted,
                                     std::function<void(result<std::uint32_t>)> done) {
  query(list_plugin_failures(), [this, wanted = std::move(wanted), done](result<sql_result> rows) mutable {
    if (!rows) return done(tl::unexpected<error>{rows.error()});
    for (auto& failed : read_plugin_failures(*rows)) {
      if (failed.given_up.empty()) {
        crashes_before_[failed.plugin] = std::move(failed.crashes);
        continue;
      }
      const auto its = std::find_if(wanted.begin(), wanted.end(), [&](auto& w) { return w.name == failed.plugin; });
      if (its == wanted.end()) continue;
      show_given_up(*its, failed.given_up);
      wanted.erase(its);
    }
    start_all(std::move(wanted), done);
  });
}

void plugin_table::log_skipped(const std::string& plugin, const error& why) const {
  log(log_level::error, "plugin " + plugin + " is skipped", {{"plugin", plugin}, {"what", why.message()}});
}

}  // namespace streamspace
