// What the table does about plugins whose code fails.
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/persistence/plugin_failure_sql.hpp>

namespace streamspace {

namespace {

std::string intensity_passed(const std::string& plugin, const restart_limits& limits, const std::string& why) {
  return "plugin " + plugin + " crashed more than " + std::to_string(limits.most) + " times within " +
         std::to_string(limits.within.count()) + " s and is not restarted any more; the last time: " + why;
}

}  // namespace

void plugin_table::trouble(const std::string& plugin, const plugin_trouble& what) {
  const auto found = plugins_.find(plugin);
  if (found == plugins_.end() || found->second.cell.get() != what.from) return;
  auto& e = found->second;
  if (what.of == plugin_trouble::kind::quarantine) return put_in_quarantine(e, what.what);
  e.info.last_error = what.what;
  if (e.renews) {
    e.crash = what;
    return;
  }
  if (e.busy || e.info.state != plugin_state::enabled) return let_go_of_the_rest(e);
  log(log_level::error, "plugin " + plugin + " crashed", {{"plugin", plugin}, {"what", what.what}});
  if (what.of == plugin_trouble::kind::give_up) return give_up_on(e, "plugin " + plugin + " failed: " + what.what);
  after_crash(e, what.what);
}

/// What waits for a plugin that is on its way out anyway is not handled any more, so that nobody waits for it.
void plugin_table::let_go_of_the_rest(const entry& e) {
  e.cell->discard_waiting();
  e.cell->push(plugin_cell::place::first, [](plugin_instance&) {});
}

void plugin_table::put_in_quarantine(entry& e, const std::string& pattern) {
  e.info.quarantined.push_back(pattern);
  json facts{{"plugin", e.info.name}, {"subscription", pattern}};
  log(log_level::warn,
      "the subscription of plugin " + e.info.name + " to " + pattern +
          " failed too often in a row; it is in quarantine",
      facts);
  setup_.events->emit(event{"plugin.subscription_quarantined", std::move(facts)});
}

void plugin_table::release_from_quarantine(const std::string& plugin, const std::string& pattern, reply done) {
  if (refused(done)) return;
  auto claimed = claim(plugin);
  if (!claimed) return done(tl::unexpected<error>{claimed.error()});
  auto& e = **claimed;
  if (!e.actor) {
    e.busy = false;
    return done(failure(ec::conflict, "plugin " + plugin + " is " + std::string{to_string(e.info.state)}));
  }
  self_->request(e.actor, setup_.deadlines.load, atom::release_v, pattern)
      .then(
          [this, plugin, pattern, done](const call_outcome& outcome) {
            auto& released = plugins_.at(plugin);
            std::erase(released.info.quarantined, pattern);
            release(released, [done, outcome](result<loaded_plugin> r) {
              outcome.ok() ? done(std::move(r)) : done(failure(ec::not_found, outcome.what));
            });
          },
          [this, plugin, done](const caf::error& fault) {
            auto& stuck = plugins_.at(plugin);
            release(stuck,
                    [done, fault](const result<loaded_plugin>&) { done(tl::unexpected<error>{from_caf(fault)}); });
          });
}

void plugin_table::after_crash(entry& e, const std::string& why) {
  const auto verdict = e.restarts->crashed(now());
  if (!verdict.restart) return give_up_on(e, intensity_passed(e.info.name, e.cell_options.supervision.restarts, why));
  record_failure(e, {});
  set_state(e, plugin_state::restarting);
  e.cell->discard_requests();
  log(log_level::info, "plugin " + e.info.name + " is restarted soon",
      {{"plugin", e.info.name}, {"milliseconds", verdict.delay.count()}});
  self_->delayed_send(self_, verdict.delay, atom::restart_v, e.info.name, std::uint64_t{e.order});
}

void plugin_table::restart_crashed(const std::string& plugin, std::uint64_t order) {
  const auto found = plugins_.find(plugin);
  if (found == plugins_.end()) return;
  auto& e = found->second;
  if (e.order != order || e.busy || e.info.state != plugin_state::restarting || stage_ != stage::running) return;
  e.busy = true;
  self_->request(e.actor, setup_.deadlines.load, atom::restart_v)
      .then(
          [this, plugin](const call_outcome& outcome) {
            auto& restarted = plugins_.at(plugin);
            restarted.busy = false;
            if (!outcome.ok()) {
              restarted.info.last_error = outcome.what;
              after_crash(restarted, outcome.what);
            } else {
              ++restarted.info.counters.restarts;
              restarted.info.loaded_at = now();
              set_state(restarted, plugin_state::enabled);
            }
            go_on_stopping();
          },
          [this, plugin](const caf::error& fault) {
            plugins_.at(plugin).busy = false;
            give_up_on(plugins_.at(plugin),
                       "plugin " + plugin + " did not come up again in time: " + from_caf(fault).message());
          });
}

void plugin_table::give_up_on(entry& e, const std::string& why) {
  record_failure(e, why);
  e.busy = true;
  fail(e.info.name, ec::plugin_failed, why, ran::on_load, [](const result<loaded_plugin>&) {});
}

void plugin_table::record_failure(const entry& e, const std::string& given_up) {
  if (!has_database()) return;
  query(record_plugin_failure({e.info.name, e.restarts->crashes(), given_up}),
        [this, plugin = e.info.name](const result<sql_result>& recorded) {
          if (!recorded)
            log(log_level::warn, "a crash of plugin " + plugin + " could not be recorded",
                {{"plugin", plugin}, {"what", recorded.error().message()}});
        });
}

void plugin_table::forget_failures(const std::string& plugin) {
  crashes_before_.erase(plugin);
  if (!has_database()) return;
  query(forget_plugin_failure(plugin), [this, plugin](const result<sql_result>& forgotten) {
    if (!forgotten)
      log(log_level::warn, "the failures of plugin " + plugin + " could not be forgotten in the database",
          {{"plugin", plugin}, {"what", forgotten.error().message()}});
  });
}

/// Puts a plugin that a former run gave up on where it can be seen, instead of loading it.
void plugin_table::show_given_up(const load_options& options, const std::string& why) {
  auto manifest = setup_.sources->manifest_of(options.name);
  if (!manifest) return;
  auto& e = plugins_[options.name];
  e.order = next_order_++;
  e.info.name = options.name;
  e.info.manifest = std::move(*manifest);
  e.info.builtin = setup_.sources->is_builtin(options.name);
  e.info.file = setup_.sources->file_of(options.name);
  e.info.version = options.version;
  e.info.config = options.config;
  e.info.last_error = why;
  e.options = options;
  set_state(e, plugin_state::failed);
}

}  // namespace streamspace
