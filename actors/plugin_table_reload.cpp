// How a plugin is replaced by another version of itself, or gets another configuration, while it serves.
#include <streamspace/actors/plugin_instances.hpp>
#include <streamspace/actors/plugin_table.hpp>

namespace streamspace {

namespace {

/// What a cell keeps for as long as it lives.
bool fits_cell(const plugin_manifest& before, const plugin_manifest& after) {
  const auto said = [](const plugin_manifest& m, const char* member) { return m.extra.value(member, json{}); };
  return said(before, "inbox") == said(after, "inbox") && said(before, "supervision") == said(after, "supervision");
}

}  // namespace

void plugin_table::reload(const std::string& plugin, reply done) {
  if (refused(done)) return;
  look_up(plugin, [this, done](result<load_options> options) {
    if (!options) return done(tl::unexpected<error>{options.error()});
    renew(std::move(*options), done);
  });
}

void plugin_table::renew(load_options options, reply done) {
  const auto plugin = options.name;
  const auto present = plugins_.find(plugin);
  options.enable = present == plugins_.end() || present->second.info.state != plugin_state::disabled;
  const bool serves =
      present != plugins_.end() && present->second.actor && present->second.info.state == plugin_state::enabled;
  if (!serves) return replace(std::move(options), std::move(done));
  auto p = planned(options);
  if (!p) return done(tl::unexpected<error>{p.error()});
  if (auto fault = why_not_instead(p->needs); !fault.empty()) return done(failure(ec::conflict, std::move(fault)));
  if (!fits_cell(present->second.info.manifest, p->factory.manifest))
    return replace(std::move(options), std::move(done));
  if (auto claimed = claim(plugin); !claimed) return done(tl::unexpected<error>{claimed.error()});
  prepare(plugin, std::move(options), std::move(*p), std::move(done));
}

void plugin_table::replace(load_options options, reply done) {
  const auto plugin = options.name;
  if (!plugins_.contains(plugin)) return load(std::move(options), std::move(done));
  take_down(plugin, [this, done, options = std::move(options)](result<loaded_plugin> unloaded) mutable {
    if (!unloaded) return done(std::move(unloaded));
    load(std::move(options), done);
  });
}

void plugin_table::prepare(const std::string& plugin, load_options options, plan p, reply done) {
  auto& e = plugins_.at(plugin);
  e.renews = true;
  setup_.hide_secrets(plugin, e.info.config, e.info.manifest.config_schema);
  log(log_level::info, "plugin " + plugin + " is reloaded",
      {{"plugin", plugin}, {"version", e.info.version}, {"next", p.factory.manifest.version}});
  self_
      ->request(e.actor, setup_.deadlines.load, atom::prepare_v, std::make_shared<plugin_setup>(setup_of(p, e.cell)),
                make_cell(plugin, e.cell_options))
      .then(
          [=, this, options = std::move(options), p = std::move(p)](const call_outcome& outcome) mutable {
            if (!outcome.ok())
              return abandon(plugin,
                             {outcome.refused ? ec::plugin_incompatible : ec::plugin_failed, why("on_load", outcome)},
                             tables::as_before, done);
            p.code_sha256 = outcome.code_sha256;
            take_over(plugin, options, p, done);
          },
          [=, this](const caf::error& fault) {
            // Its code may return only when yet another version has gone on from what this one did to the tables.
            abandon(plugin, {ec::plugin_failed, "on_load: " + from_caf(fault).message()}, tables::as_they_are, done);
          });
}

void plugin_table::take_over(const std::string& plugin, const load_options& options, const plan& p, reply done) {
  self_->request(plugins_.at(plugin).actor, 2 * setup_.deadlines.load, atom::take_over_v)
      .then(
          [=, this](const call_outcome& outcome) {
            if (outcome.crashed) {
              plugins_.at(plugin).renews = false;
              return fail(plugin, ec::plugin_failed, "the reload: " + outcome.what, ran::on_load, done);
            }
            if (!outcome.ok()) return abandon(plugin, {ec::plugin_failed, outcome.what}, tables::as_before, done);
            auto& e = plugins_.at(plugin);
            const auto before = e.info.version;
            show(e, options, p);
            e.info.loaded_at = now();
            e.info.code_sha256 = p.code_sha256;
            e.info.quarantined.clear();
            e.crash.reset();
            record_code(e);
            setup_.events->emit(
                event{"plugin.reloaded", json{{"plugin", plugin}, {"from", before}, {"version", e.info.version}}});
            retire(plugin, done);
          },
          [=, this](const caf::error& fault) {
            plugins_.at(plugin).renews = false;
            fail(plugin, ec::plugin_failed, "the reload: " + from_caf(fault).message(), ran::on_load, done);
          });
}

void plugin_table::retire(const std::string& plugin, reply done) {
  const auto finish = [this, plugin, done](const std::string& why_not) {
    if (!why_not.empty())
      log(log_level::error, "the version of plugin " + plugin + " before the reload failed while it was unloaded",
          {{"plugin", plugin}, {"what", why_not}});
    auto& e = plugins_.at(plugin);
    e.renews = false;
    const auto crash = std::exchange(e.crash, std::nullopt);
    e.busy = false;
    if (crash) trouble(plugin, *crash);
    done(snapshot(e));
    go_on_stopping();
  };
  self_->request(plugins_.at(plugin).actor, setup_.deadlines.unload, atom::retire_v)
      .then([finish](const call_outcome& outcome) { finish(outcome.ok() ? std::string{} : why("on_unload", outcome)); },
            [finish](const caf::error& fault) { finish(from_caf(fault).message()); });
}

void plugin_table::abandon(const std::string& plugin, error why_not, tables after, reply done) {
  const auto finish = [this, plugin, why_not, done](const std::string& left) {
    auto& e = plugins_.at(plugin);
    e.renews = false;
    e.busy = false;
    const auto crash = std::exchange(e.crash, std::nullopt);
    const auto goes_on = crash ? "" : "; version " + e.info.version + " goes on";
    if (crash) trouble(plugin, *crash);
    done(failure(why_not.code(), "plugin " + plugin + " could not be reloaded: " + why_not.message() + goes_on + left,
                 {{"plugin", plugin}}));
    go_on_stopping();
  };
  self_->request(plugins_.at(plugin).actor, setup_.deadlines.unload, atom::abandon_v, after == tables::as_before)
      .then(
          [finish](const call_outcome& outcome) {
            finish(outcome.ok() ? std::string{} : "; what it did to its tables stays: " + outcome.what);
          },
          [finish](const caf::error&) { finish("; its code has not returned yet"); });
}

void plugin_table::reconfigure(const std::string& plugin, load_options options, json config, reply done) {
  const auto& info = plugins_.at(plugin).info;
  setup_.hide_secrets(plugin, info.config, info.manifest.config_schema);
  setup_.hide_secrets(plugin, config, info.manifest.config_schema);
  self_->request(plugins_.at(plugin).actor, setup_.deadlines.load, atom::change_v, std::make_shared<const json>(config))
      .then(
          [=, this](const call_outcome& outcome) {
            auto& e = plugins_.at(plugin);
            if (!outcome.ok()) {
              e.busy = false;
              done(failure(ec::plugin_failed, why("on_config_changed", outcome)));
              return go_on_stopping();
            }
            e.info.config = config;
            e.options = options;
            release(e, done);
          },
          [=, this](const caf::error& fault) {
            auto& e = plugins_.at(plugin);
            e.busy = false;
            // Should it return after all, it gets back the one that is recorded.
            self_->request(e.actor, setup_.deadlines.load, atom::change_v, std::make_shared<const json>(e.info.config))
                .then([](const call_outcome&) {}, [](const caf::error&) {});
            done(failure(ec::plugin_failed, "on_config_changed: " + from_caf(fault).message()));
            go_on_stopping();
          });
}

}  // namespace streamspace
