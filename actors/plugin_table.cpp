#include <algorithm>
#include <set>
#include <string_view>

#include <streamspace/actors/plugin_resources.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/plugins/manifest/config_check.hpp>

namespace streamspace {

namespace {

/// How long stop() waits for the actors of plugins that were given up, which end as soon as their code returns.
constexpr std::chrono::milliseconds last_wait{1'000};

/// Why the options cannot be used; empty when they can.
std::string why_not(const load_options& options, const plugin_manifest& manifest) {
  if (manifest.name != options.name)
    return "the manifest given for plugin " + options.name + " is that of '" + manifest.name.substr(0, 80) + "'";
  if (!options.config.is_object()) return "the configuration of plugin " + options.name + " must be a JSON object";
  if (!manifest.default_config.is_object())
    return "the defaultConfig in the manifest of plugin " + options.name + " must be a JSON object";
  return {};
}

}  // namespace

std::string plugin_table::why(const std::string& hook, const call_outcome& outcome) {
  if (outcome.refused) return outcome.what;
  if (outcome.exception_type.empty()) return hook + ": " + outcome.what;
  return hook + " threw " + outcome.exception_type + ": " + outcome.what;
}

void plugin_table::begin(pointer self, runtime_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  self->set_down_handler([this](const caf::down_msg& down) { went_down(down); });
}

// -- what the table shows -------------------------------------------------------------------------------------------

error plugin_table::does_not_fit(const std::string& plugin, const error& why) {
  return {why.code(), "the configuration of plugin " + plugin + " does not fit: " + why.message(), why.context()};
}

error plugin_table::no_such_plugin(const std::string& plugin) {
  return {ec::not_found, "no plugin named '" + plugin.substr(0, 80) + "' is loaded"};
}

loaded_plugin plugin_table::snapshot(const entry& e) const {
  auto copy = e.info;
  if (e.cell) {
    copy.counters = e.cell->counters();
    copy.counters.restarts = e.info.counters.restarts;
    copy.turns = e.cell->turns();
  }
  return copy;
}

result<loaded_plugin> plugin_table::find(const std::string& plugin) const {
  const auto it = plugins_.find(plugin);
  if (it == plugins_.end()) return tl::unexpected<error>{no_such_plugin(plugin)};
  return snapshot(it->second);
}

std::vector<loaded_plugin> plugin_table::list() const {
  std::vector<const entry*> in_order;
  for (const auto& [key, e] : plugins_) in_order.push_back(&e);
  std::sort(in_order.begin(), in_order.end(), [](auto* a, auto* b) { return a->order < b->order; });
  std::vector<loaded_plugin> all;
  all.reserve(in_order.size());
  for (const auto* e : in_order) all.push_back(snapshot(*e));
  return all;
}

void plugin_table::log(log_level level, std::string message, json data) const {
  setup_.log({"runtime", level, std::move(message), std::move(data), now()});
}

void plugin_table::set_state(entry& e, plugin_state state) {
  if (e.info.state == state) return;
  const auto from = std::exchange(e.info.state, state);
  if (e.cell)
    e.cell->set_gate(state == plugin_state::enabled      ? plugin_cell::gate::all
                     : state == plugin_state::restarting ? plugin_cell::gate::events
                                                         : plugin_cell::gate::shut);
  json change{
      {"plugin", e.info.name}, {"version", e.info.version}, {"from", to_string(from)}, {"to", to_string(state)}};
  if (state == plugin_state::failed) change["error"] = e.info.last_error;
  log(state == plugin_state::failed ? log_level::error : log_level::info,
      "plugin " + e.info.name + " is " + std::string{to_string(state)}, change);
  setup_.events->emit(event{"plugin.state_changed", std::move(change)});
}

result<plugin_table::entry*> plugin_table::claim(const std::string& plugin) {
  const auto it = plugins_.find(plugin);
  if (it == plugins_.end()) return tl::unexpected<error>{no_such_plugin(plugin)};
  if (it->second.busy)
    return failure(ec::conflict, "plugin " + plugin + " is " + std::string{to_string(it->second.info.state)} +
                                     " and busy with another operation; try again when that is done");
  it->second.busy = true;
  return &it->second;
}

void plugin_table::release(entry& e, const reply& done) {
  e.busy = false;
  done(snapshot(e));
  go_on_stopping();
}

bool plugin_table::refused(const reply& done) const {
  if (stage_ == stage::running) return false;
  done(failure(ec::unavailable, "the runtime is stopping"));
  return true;
}

// -- loading --------------------------------------------------------------------------------------------------------

result<plugin_table::plan> plugin_table::planned(const load_options& options) const {
  auto factory = setup_.sources->factory_of(options.name, options.code_sha256);
  if (!factory) return tl::unexpected<error>{factory.error()};
  plan p{std::move(*factory), setup_.cell, {}, {}, {}};
  if (options.manifest) p.factory.manifest = *options.manifest;
  const auto& manifest = p.factory.manifest;
  if (auto fault = why_not(options, manifest); !fault.empty()) return failure(ec::invalid_argument, std::move(fault));
  p.needs = resolvable_plugin_of(manifest);
  if (auto fault = why_not_now(p.needs); !fault.empty()) return failure(ec::conflict, std::move(fault));
  auto config = complete_config(options.config, manifest.config_schema, manifest.default_config);
  if (!config) return tl::unexpected<error>{does_not_fit(options.name, config.error())};
  p.config = std::move(*config);
  try {
    if (const auto said = manifest.extra.find("supervision"); said != manifest.extra.end())
      said->get_to(p.cell.supervision);
    static_cast<void>(resources_of(manifest));  // They are read for its services, where it is too late to refuse.
    if (const auto said = manifest.extra.find("inbox"); said != manifest.extra.end()) {
      said->get_to(p.cell.inbox);
      said->get_to(p.cell.overflow);
    }
  } catch (const error& fault) {
    return failure(ec::invalid_argument, "the manifest of plugin " + options.name + ": " + fault.message());
  }
  return p;
}

void plugin_table::show(entry& e, const load_options& options, const plan& p) const {
  e.info.manifest = p.factory.manifest;
  e.info.version = options.version.empty() ? e.info.manifest.version : options.version;
  e.info.config = p.config;
  e.info.builtin = setup_.sources->is_builtin(options.name);
  e.info.file = setup_.sources->file_of(options.name);
  e.needs = p.needs;
  e.options = options;
}

std::shared_ptr<plugin_cell> plugin_table::make_cell(const std::string& plugin, const plugin_cell::options& how) const {
  auto cell = std::make_shared<plugin_cell>(plugin, how, setup_.letters, setup_.log, setup_.figures);
  cell->bind([turns = setup_.turns, its = cell.get()] { turns->submit(its->shared_from_this()); });
  return cell;
}

plugin_setup plugin_table::setup_of(const plan& p, std::shared_ptr<plugin_cell> cell) const {
  const auto& manifest = p.factory.manifest;
  setup_.hide_secrets(manifest.name, p.config, manifest.config_schema);
  return {p.factory,       p.config,         setup_.services(manifest.name, manifest),
          std::move(cell), setup_.bus,       setup_.api,
          setup_.ui,       setup_.event_log, self_};
}

void plugin_table::load(load_options options, reply done) {
  if (refused(done)) return;
  const auto plugin = options.name;
  const auto present = plugins_.find(plugin);
  if (present != plugins_.end() && (present->second.busy || present->second.actor))
    return done(failure(ec::already_exists, "plugin " + plugin + " is loaded already and " +
                                                std::string{to_string(present->second.info.state)}));
  const auto p = planned(options);
  if (!p) return done(tl::unexpected<error>{p.error()});
  if (present != plugins_.end()) {
    // Whoever loads a plugin that failed has seen to what ailed it.
    if (present->second.info.state == plugin_state::failed) forget_failures(plugin);
    plugins_.erase(present);
  }
  auto& e = plugins_[plugin];
  e.busy = true;
  e.cell_options = p->cell;
  e.restarts.emplace(e.cell_options.supervision.restarts, std::hash<std::string>{}(plugin));
  if (const auto before = crashes_before_.extract(plugin)) e.restarts->restore(before.mapped());
  e.order = next_order_++;
  e.info.state = plugin_state::installed;
  e.info.name = plugin;
  show(e, options, *p);
  e.cell = make_cell(plugin, e.cell_options);
  setup_.peers->add(e.cell);
  auto parts = setup_of(*p, e.cell);
  setup_.audit->loaded(plugin, e.cell, parts.services.database);
  e.actor = self_->spawn<caf::monitored>(streamspace::plugin, std::move(parts));
  set_state(e, plugin_state::loading);
  self_->request(e.actor, setup_.deadlines.load, atom::load_v)
      .then(
          [this, plugin, done](const call_outcome& outcome) {
            if (!outcome.ok())
              return fail(plugin, outcome.refused ? ec::plugin_incompatible : ec::plugin_failed,
                          why("on_load", outcome), ran::nothing, done);
            plugins_.at(plugin).info.code_sha256 = outcome.code_sha256;
            finish_load(plugin, done);
          },
          [this, plugin, done](const caf::error& fault) {
            fail(plugin, ec::plugin_failed, "on_load: " + from_caf(fault).message(), ran::nothing, done);
          });
}

void plugin_table::finish_load(const std::string& plugin, reply done) {
  auto& e = plugins_.at(plugin);
  e.info.loaded_at = now();
  record_code(e);
  if (!e.options.enable) {
    set_state(e, plugin_state::disabled);
    return release(e, done);
  }
  self_->request(e.actor, setup_.deadlines.load, atom::enable_v)
      .then(
          [this, plugin, done](const call_outcome& outcome) {
            if (!outcome.ok()) return fail(plugin, ec::plugin_failed, why("on_enable", outcome), ran::on_load, done);
            auto& loaded = plugins_.at(plugin);
            set_state(loaded, plugin_state::enabled);
            release(loaded, done);
          },
          [this, plugin, done](const caf::error& fault) {
            fail(plugin, ec::plugin_failed, "on_enable: " + from_caf(fault).message(), ran::on_load, done);
          });
}

void plugin_table::fail(const std::string& plugin, ec code, std::string why, ran hooks, reply done) {
  auto& e = plugins_.at(plugin);
  e.info.last_error = why;
  set_state(e, plugin_state::failed);
  const auto answer = [this, plugin, done, code, why](const std::string&) {
    auto& failed = plugins_.at(plugin);
    failed.actor = nullptr;
    failed.busy = false;
    done(failure(code, "plugin " + plugin + " could not be loaded: " + why, {{"plugin", plugin}}));
    go_on_stopping();
  };
  withdraw(e, [this, plugin, hooks, answer] {
    auto& failed = plugins_.at(plugin);
    if (hooks == ran::on_load) return end_actor(plugin, answer);
    // A plugin whose on_load failed never was; it gets no on_unload. If its code still runs, its actor ends after it.
    give_up(failed);
    answer({});
  });
}

void plugin_table::give_up(const entry& e) {
  e.cell->set_gate(plugin_cell::gate::shut);
  given_up_.emplace(e.actor.address(), given_up_plugin{e.info.name, e.actor});
  self_->send(e.actor, atom::give_up_v);
}

// -- unloading ------------------------------------------------------------------------------------------------------

void plugin_table::withdraw(const entry& e, step then) {
  const auto open = std::make_shared<int>(3);
  const auto one_less = [open, then] {
    if (--*open == 0) then();
  };
  const auto take_out = [&](const auto& registry) {
    self_->request(registry, std::chrono::seconds{10}, atom::remove_v, plugin_ref{e.cell, e.actor.address()})
        .then(one_less, [one_less](const caf::error&) { one_less(); });
  };
  take_out(setup_.api);
  take_out(setup_.ui);
  take_out(setup_.bus);
}

void plugin_table::drain(const entry& e, step then) {
  self_->request(e.actor, setup_.deadlines.drain, atom::drain_v)
      .then(then, [this, cell = e.cell, then](const caf::error&) {
        const auto given_up = cell->discard_waiting();
        log(log_level::warn, "plugin " + cell->name() + " did not finish in time what waited in its inbox",
            {{"plugin", cell->name()}, {"givenUp", given_up}});
        then();
      });
}

void plugin_table::end_actor(const std::string& plugin, std::function<void(std::string)> then) {
  auto& e = plugins_.at(plugin);
  self_->request(e.actor, setup_.deadlines.unload, atom::unload_v)
      .then(
          [this, plugin, then](const call_outcome& outcome) {
            if (!outcome.ok())
              log(log_level::error, "plugin " + plugin + " failed while it was unloaded",
                  {{"plugin", plugin}, {"what", why("on_unload", outcome)}});
            then(outcome.ok() ? std::string{} : outcome.what);
          },
          [this, plugin, then](const caf::error& fault) {
            auto& late = plugins_.at(plugin);
            const auto reason = from_caf(fault).message();
            log(log_level::error, "plugin " + plugin + " did not return from its code; it is left behind",
                {{"plugin", plugin}, {"what", reason}});
            give_up(late);
            then(reason);
          });
}

void plugin_table::unload(const std::string& plugin, dependents others, reply done) {
  if (!refused(done)) with_dependents(plugin, others, "unload", &plugin_table::take_down, std::move(done));
}

void plugin_table::take_down(const std::string& plugin, reply done) {
  auto claimed = claim(plugin);
  if (!claimed) return done(tl::unexpected<error>{claimed.error()});
  auto& e = **claimed;
  const auto finish = [this, plugin, done](const std::string&) {
    auto& gone = plugins_.at(plugin);
    set_state(gone, plugin_state::unloaded);
    auto last = snapshot(gone);
    plugins_.erase(plugin);
    setup_.audit->unloaded(plugin);
    done(std::move(last));
    go_on_stopping();
  };
  if (!e.actor) return finish({});
  if (e.info.state == plugin_state::restarting) e.cell->discard_waiting();
  set_state(e, plugin_state::draining);
  withdraw(
      e, [this, plugin, finish] { drain(plugins_.at(plugin), [this, plugin, finish] { end_actor(plugin, finish); }); });
}

void plugin_table::went_down(const caf::down_msg& down) {
  if (given_up_.erase(down.source) > 0) {
    if (stage_ == stage::waiting && given_up_.empty()) answer_stops();
    return;
  }
  for (auto& [plugin, e] : plugins_) {
    if (!e.actor || e.actor.address() != down.source || e.busy) continue;
    e.info.last_error = "the plugin's actor ended: " + from_caf(down.reason).message();
    set_state(e, plugin_state::failed);
    e.actor = nullptr;
  }
}

// -- enabling and disabling -----------------------------------------------------------------------------------------

void plugin_table::enable(const std::string& plugin, reply done) {
  if (refused(done)) return;
  const auto recorded = [this, done](result<loaded_plugin> r) {
    if (!r || !has_database()) return done(std::move(r));
    record(set_plugin_enabled(r->name, true), *r, done);
  };
  const auto it = plugins_.find(plugin);
  if (it == plugins_.end() || (!it->second.busy && !it->second.actor))
    return look_up(plugin, [this, plugin, done, recorded](result<load_options> options) {
      if (!options) return done(tl::unexpected<error>{options.error()});
      if (options->name != plugin) return enable(options->name, done);
      options->enable = true;
      load(std::move(*options), recorded);
    });
  auto claimed = claim(plugin);
  if (!claimed) return done(tl::unexpected<error>{claimed.error()});
  auto& e = **claimed;
  if (e.info.state == plugin_state::enabled) return release(e, recorded);
  if (auto fault = why_not_now(e.needs); !fault.empty())
    return release(e, [done, fault](const result<loaded_plugin>&) { done(failure(ec::conflict, fault)); });
  self_->request(e.actor, setup_.deadlines.load, atom::enable_v)
      .then(
          [this, plugin, done, recorded](const call_outcome& outcome) {
            if (!outcome.ok()) return fail(plugin, ec::plugin_failed, why("on_enable", outcome), ran::on_load, done);
            auto& enabled = plugins_.at(plugin);
            set_state(enabled, plugin_state::enabled);
            release(enabled, recorded);
          },
          [this, plugin, done](const caf::error& fault) {
            fail(plugin, ec::plugin_failed, "on_enable: " + from_caf(fault).message(), ran::on_load, done);
          });
}

void plugin_table::disable(const std::string& plugin, dependents others, reply done) {
  if (!refused(done)) with_dependents(plugin, others, "disable", &plugin_table::disable_alone, std::move(done));
}

void plugin_table::disable_alone(const std::string& plugin, reply done) {
  if (has_database() && !plugins_.contains(plugin)) return disable_installed(plugin, std::move(done));
  auto claimed = claim(plugin);
  if (!claimed) return done(tl::unexpected<error>{claimed.error()});
  const auto finish = [this, plugin, done] {
    auto& e = plugins_.at(plugin);
    set_state(e, plugin_state::disabled);
    release(e, [this, done](result<loaded_plugin> r) {
      if (!has_database()) return done(std::move(r));
      record(set_plugin_enabled(r->name, false), *r, done);
    });
  };
  auto& e = **claimed;
  if (e.info.state == plugin_state::restarting) return disable_restarting(plugin, std::move(done));
  if (e.info.state != plugin_state::enabled) return finish();
  set_state(e, plugin_state::draining);
  drain(e, [this, plugin, finish] {
    const auto& draining = plugins_.at(plugin);
    self_->request(draining.actor, setup_.deadlines.unload, atom::disable_v)
        .then(
            [this, plugin, finish](const call_outcome& outcome) {
              if (!outcome.ok())
                log(log_level::error, "plugin " + plugin + " failed while it was disabled",
                    {{"plugin", plugin}, {"what", why("on_disable", outcome)}});
              finish();
            },
            [this, plugin, finish](const caf::error& fault) {
              log(log_level::error, "plugin " + plugin + " did not return from on_disable in time",
                  {{"plugin", plugin}, {"what", from_caf(fault).message()}});
              finish();
            });
  });
}

/// A plugin that crashed and waits for its restart has nothing left to disable; it is unloaded, and loaded anew when it
/// is enabled again. It is claimed.
void plugin_table::disable_restarting(const std::string& plugin, reply done) {
  auto& e = plugins_.at(plugin);
  e.cell->discard_waiting();
  set_state(e, plugin_state::disabled);
  withdraw(e, [this, plugin, done] {
    end_actor(plugin, [this, plugin, done](const std::string&) {
      auto& disabled = plugins_.at(plugin);
      disabled.actor = nullptr;
      release(disabled, [this, done](result<loaded_plugin> r) {
        if (!has_database()) return done(std::move(r));
        record(set_plugin_enabled(r->name, false), *r, done);
      });
    });
  });
}

// -- stopping -------------------------------------------------------------------------------------------------------

void plugin_table::stop(stop_reply done) {
  stop_replies_.push_back(std::move(done));
  if (stage_ == stage::ended) return answer_stops();
  if (stage_ == stage::running) stage_ = stage::unloading;
  go_on_stopping();
}

void plugin_table::go_on_stopping() {
  const auto busy = std::any_of(plugins_.begin(), plugins_.end(), [](const auto& p) { return p.second.busy; });
  if (stage_ != stage::unloading || busy) return;
  std::set<std::string_view> needed;
  for (const auto& [key, e] : plugins_)
    if (e.actor)
      for (const auto& need : e.needs.needs) needed.insert(need.plugin);
  const auto goes_before = [&](const entry& a, const entry& b) {
    const bool a_needed = needed.contains(a.info.name);
    return a_needed == needed.contains(b.info.name) ? a.order > b.order : !a_needed;
  };
  const entry* last = nullptr;
  for (const auto& [key, e] : plugins_)
    if (e.actor && (!last || goes_before(e, *last))) last = &e;
  if (last) return take_down(last->info.name, [](const result<loaded_plugin>&) {});
  stage_ = stage::waiting;
  await_given_up();
}

void plugin_table::await_given_up() {
  if (given_up_.empty()) return answer_stops();
  const auto open = std::make_shared<std::size_t>(given_up_.size());
  for (const auto& [address, plugin] : given_up_) {
    // An actor that has ended answers so; silence says that the plugin's code still runs.
    const auto settle = [this, open, address = address](bool ended) {
      if (ended) given_up_.erase(address);
      if (--*open == 0) answer_stops();
    };
    self_->request(plugin.actor, last_wait, atom::drain_v)
        .then([settle] { settle(false); },
              [settle](const caf::error& e) { settle(from_caf(e).code() != ec::timeout); });
  }
}

void plugin_table::answer_stops() {
  stage_ = stage::ended;
  std::vector<std::string> left;
  for (const auto& [address, plugin] : given_up_) left.push_back(plugin.name);
  for (const auto& done : std::exchange(stop_replies_, {})) done(left);
}

}  // namespace streamspace
