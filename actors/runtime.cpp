#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/connection_stack.hpp>
#include <streamspace/actors/db_executor.hpp>
#include <streamspace/actors/db_pool.hpp>
#include <streamspace/actors/dead_letter_store.hpp>
#include <streamspace/actors/discovery.hpp>
#include <streamspace/actors/event_log.hpp>
#include <streamspace/actors/event_log_keeper.hpp>
#include <streamspace/actors/log_output.hpp>
#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/actors/no_database.hpp>
#include <streamspace/actors/plugin_login.hpp>
#include <streamspace/actors/plugin_logs.hpp>
#include <streamspace/actors/plugin_resources.hpp>
#include <streamspace/actors/plugin_table.hpp>
#include <streamspace/actors/published_components.hpp>
#include <streamspace/actors/quota_keeper.hpp>
#include <streamspace/actors/runtime.hpp>
#include <streamspace/actors/runtime_actors.hpp>
#include <streamspace/actors/sql_storage.hpp>
#include <streamspace/actors/storage_sweeper.hpp>
#include <streamspace/actors/storage_watcher.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/config_seal.hpp>
#include <streamspace/persistence/dead_letter_sql.hpp>
#include <streamspace/persistence/event_cursor_sql.hpp>
#include <streamspace/persistence/event_log_sql.hpp>
#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/storage_sql.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>
#include <streamspace/plugins/sdk/global_plugin_registry.hpp>

namespace streamspace {

namespace {

constexpr std::chrono::milliseconds connect_timeout{5'000};
constexpr std::chrono::milliseconds migration_deadline{60'000};
/// For questions that no plugin's code has a part in.
constexpr std::chrono::milliseconds prompt{10'000};
/// For the threads of plugins that have all been unloaded.
constexpr std::chrono::milliseconds prompt_end{1'000};
/// For all that a question about dead letters asks of the database, and for writing the last of them.
constexpr std::chrono::milliseconds dead_letter_deadline{30'000};
/// For each of these statements.
constexpr std::chrono::milliseconds dead_letter_statement{10'000};
/// Of the event log's own, so that plugins that hold all others do not hold it up.
constexpr std::size_t event_log_connections = 4;

bool is_loaded(plugin_state state) noexcept {
  switch (state) {
    case plugin_state::discovered:
    case plugin_state::installed:
    case plugin_state::failed:
    case plugin_state::unloaded:
      return false;
    default:
      return true;
  }
}

std::string text_of(const std::string& plugin, const json& config) {
  try {
    return config.dump();
  } catch (const json::exception& e) {
    throw error{ec::invalid_argument, "the configuration of plugin " + plugin + " cannot be kept: " + e.what()};
  }
}

/// Where a plugin's route is served. Its root has no slash at the end, as no route of the server has.
std::string full_path(const std::string& plugin, const std::string& path) {
  return "/api/plugins/" + plugin + (path == "/" ? "" : path);
}

class system_config : public caf::actor_system_config {
 public:
  explicit system_config(std::size_t workers) {
    add_message_types<caf::id_block::streamspace>();
    if (workers > 0) set("scheduler.max-threads", workers);
    // A worker of the other policy that finds nothing to steal sleeps up to 10 ms at a time, and nobody wakes it: a
    // load and unload, which is some twenty messages one after the other, took ten times as long.
    set("scheduler.policy", caf::atom("sharing"));
  }
};

}  // namespace

class runtime::implementation {
 public:
  explicit implementation(runtime_options options) : options_{std::move(options)} {
    if (!options_.log) options_.log = json_log_to_stdout();
    logs_ = std::make_shared<plugin_logs>(std::move(options_.log), options_.min_log_level);
    options_.log = logs_->runtime_sink();
    turns_ = std::make_unique<turn_pool>(turn_settings());
    timer_ = std::make_shared<deadline_timer>();
    figures_ = std::make_shared<event_metrics>();
    events_ = std::make_shared<event_bus>(options_.log, timer_, figures_);
    peers_ = std::make_shared<plugin_peers>(timer_);
    letters_ = std::make_shared<dead_letters>(options_.dead_letters);
    audit_ = std::make_shared<unload_audit>([this](plugin_remains& r) { look_at_remains(r); }, timer_, options_.log);
    for (const auto& name : global_plugin_registry::instance().list())
      factories_.emplace(name, *global_plugin_registry::instance().find(name));
  }

  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;
  ~implementation() {
    if (!left_behind_) return;
    // Destroying the actor system would wait for the threads of plugins that do not return; it is given up with them.
    static_cast<void>(system_.release());
    static_cast<void>(config_.release());
    static_cast<void>(turns_.release());
  }

  void register_builtin(plugin_factory factory);
  std::uint32_t start();
  void stop();

  void demand_started() const {
    if (!table_) throw error{ec::conflict, "the runtime is not started; call start() first"};
    if (stopped_) throw error{ec::unavailable, "the runtime has stopped"};
  }
  /// Waiting for a plugin in its own turn would never end.
  void demand_not_in_turn_of(const std::string& plugin) const {
    const auto* current = plugin_cell::current();
    if (!current) return;
    const auto meant = ask<loaded_plugin>(*system_, table_, prompt, atom::find_v, plugin);
    if (current->name() == (meant ? meant->name : plugin))
      throw error{ec::would_deadlock,
                  "plugin " + current->name() + " may not change its own state from one of its hooks or handlers"};
  }
  template <class... Args>
  loaded_plugin change(const std::string& plugin, Args&&... args) {
    demand_started();
    demand_not_in_turn_of(plugin);
    return value_or_raise(ask<loaded_plugin>(*system_, table_, operation_timeout(), std::forward<Args>(args)...));
  }
  event_log& demand_event_log() const {
    demand_started();
    if (!event_log_) throw error{ec::unavailable, "this runtime has no event log, as it has no database"};
    return *event_log_;
  }
  void demand_not_loaded(const std::string& plugin, const char* before_what) const;
  template <class T, class... Args>
  result<T> ask_dead_letters(Args&&... args) const {
    demand_started();
    return ask<T>(*system_, dead_letter_store_, dead_letter_deadline, std::forward<Args>(args)...);
  }

  runtime_options options_;  ///< Whose log is that of the runtime itself.
  std::shared_ptr<plugin_logs> logs_;
  bool auto_start_ = true;
  plugin_sources::factories factories_;
  std::shared_ptr<code_store> code_;  ///< Where there are directories of plugins.
  std::shared_ptr<plugin_sources> sources_;
  std::unique_ptr<turn_pool> turns_;  ///< Outlives the plugins' actors: the end of each asks for a last turn.
  std::unique_ptr<system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<deadline_timer> timer_;
  std::shared_ptr<event_metrics> figures_;
  std::shared_ptr<event_bus> events_;
  std::shared_ptr<plugin_peers> peers_;
  std::shared_ptr<unload_audit> audit_;
  std::shared_ptr<dead_letters> letters_;
  live_routes routes_;
  published_components ui_;
  std::shared_ptr<sql_executor> executor_;
  db_pool_actor database_;
  db_pool_actor event_log_database_;
  std::optional<secret_key> key_;
  std::shared_ptr<const plugin_roles> roles_;  ///< With a database in which plugins are kept apart.
  std::shared_ptr<gathered_storage> storage_;  ///< With a database.
  std::vector<std::string> wanted_events_;     ///< By the durable subscriptions that the database had at the start.
  std::shared_ptr<event_log> event_log_;       ///< With a database.
  event_bus_actor bus_;
  api_registry_actor api_;
  ui_registry_actor ui_registry_;
  dead_letter_actor dead_letter_store_;
  storage_sweeper_actor sweeper_;
  std::shared_ptr<storage_accounts> accounts_ = std::make_shared<storage_accounts>();
  quota_keeper_actor quota_keeper_;
  std::shared_ptr<storage_observers> observers_ = std::make_shared<storage_observers>();
  storage_watcher_actor storage_watcher_;
  discovery_actor discovery_;  ///< Where there are directories of plugins.
  runtime_actor table_;
  std::mutex stop_mutex_;
  std::atomic<bool> stopped_{false};
  bool left_behind_ = false;  ///< Whether threads of plugins still use the actor system.
  std::map<std::string, std::shared_ptr<memory_storage>> memory_;

 private:
  friend class runtime;

  /// Longer than all steps of the longest operation may take together: a change of configuration that fails, which
  /// loads twice.
  std::chrono::milliseconds operation_timeout() const {
    return 4 * options_.load_deadline + 2 * (options_.drain_deadline + options_.unload_deadline) +
           8 * options_.database_deadline;
  }
  void purge(const std::string& plugin);
  /// For changes of what a plugin of this name has in the database.
  void demand_data_of(const std::string& plugin) const;
  std::shared_ptr<sql_executor> executor_of(const std::string& plugin, const plugin_manifest& manifest);
  plugin_services services_of(const std::string& plugin, const plugin_manifest& manifest);
  std::shared_ptr<storage_port> storage_of(const std::string& plugin, std::uint64_t quota);
  turn_pool_options turn_settings();
  db_pool_options pool_settings() const;
  void prepare_database();
  void demand_event_patterns() const;
  int days_kept() const noexcept { return std::max(options_.event_log_days, 1); }
  void open_event_log();
  void open_sources();
  void look_at_remains(plugin_remains& r) const;
  void spawn_registries();
  void spawn_dead_letter_store();
  void end_actors();
  void log(log_level level, std::string message, json data = nullptr) {
    options_.log({"runtime", level, std::move(message), std::move(data), now()});
  }
};

void runtime::implementation::register_builtin(plugin_factory factory) {
  if (auto fault = why_not_a_plugin_name(factory.manifest.name); !fault.empty())
    throw error{ec::invalid_argument, std::move(fault)};
  const auto name = factory.manifest.name;
  if (!factories_.try_emplace(name, std::move(factory)).second)
    throw error{ec::already_exists, "a built-in plugin named '" + name + "' is registered already"};
}

void runtime::implementation::purge(const std::string& plugin) {
  const blocking_scope waits;
  if (roles_) roles_->drop(plugin);
  executor_->execute(clear_stored(plugin), options_.database_deadline);
  event_log_->forget(plugin);
}

void runtime::implementation::demand_data_of(const std::string& plugin) const {
  demand_started();
  if (!database_) throw error{ec::unavailable, "this runtime has no database from which to drop anything"};
  if (auto fault = why_not_a_plugin_name(plugin); !fault.empty()) throw error{ec::invalid_argument, std::move(fault)};
}

void runtime::implementation::demand_not_loaded(const std::string& plugin, const char* before_what) const {
  const auto present = ask<loaded_plugin>(*system_, table_, prompt, atom::find_v, plugin);
  if (present && is_loaded(present->state))
    throw error{ec::conflict, "plugin " + plugin + " is loaded; unload it before " + before_what};
}

std::shared_ptr<sql_executor> runtime::implementation::executor_of(const std::string& plugin,
                                                                   const plugin_manifest& manifest) {
  // An object of its own, so that it is seen whether anybody still has it.
  if (!roles_) return {std::make_shared<std::shared_ptr<sql_executor>>(executor_), executor_.get()};
  return make_db_executor(
      *system_, database_,
      [login = std::make_shared<plugin_login>(roles_, plugin, manifest.permissions)] { return login->get(); });
}

/// Called in the table's turn.
plugin_services runtime::implementation::services_of(const std::string& plugin, const plugin_manifest& manifest) {
  plugin_services services;
  services.events = events_;
  services.event_log = event_log_;
  services.database = executor_of(plugin, manifest);
  services.peers = peers_;
  services.actors = system_.get();
  services.log = logs_->sink_of(plugin);
  services.threshold = logs_->threshold_of(plugin);
  services.database_deadline = options_.database_deadline;
  services.storage = storage_of(plugin, storage_quota_of(resources_of(manifest), options_.plugin_storage_quota));
  return services;
}

void runtime::implementation::look_at_remains(plugin_remains& r) const {
  r.subscriptions = events_->subscriptions_of(r.plugin);
  const auto routes = routes_.current();
  r.routes = static_cast<std::size_t>(
      std::count_if(routes->begin(), routes->end(), [&](const endpoint& e) { return e.plugin == r.plugin; }));
  r.components = ui_.count_of(r.plugin);
  if (!code_) return;
  for (const auto& each : code_->mapped())
    if (each.plugin == r.plugin) r.code.push_back(each.file.string());
}

std::shared_ptr<storage_port> runtime::implementation::storage_of(const std::string& plugin, std::uint64_t quota) {
  if (!database_) {
    auto& kept = memory_[plugin];
    if (!kept) kept = std::make_shared<memory_storage>(plugin, quota);
    return kept;
  }
  sql_storage::setup its;
  its.plugin = plugin;
  its.rows = storage_;
  its.executor = executor_;
  its.deadline = options_.database_deadline;
  its.observers = observers_;
  if (quota > 0)
    its.quota = std::make_unique<storage_quota>(plugin, accounts_->open(plugin, quota), executor_, its.deadline);
  return std::make_shared<sql_storage>(std::move(its));
}

turn_pool_options runtime::implementation::turn_settings() {
  turn_pool_options settings;
  settings.workers = options_.plugin_workers;
  settings.report = [this](const std::string& plugin, std::chrono::milliseconds stands_still) {
    log(log_level::warn, "plugin " + plugin + " stands still in its code",
        {{"plugin", plugin}, {"milliseconds", stands_still.count()}});
  };
  return settings;
}

db_pool_options runtime::implementation::pool_settings() const {
  db_pool_options settings;
  settings.url = options_.database_url;
  settings.max_connections = options_.database_connections;
  settings.max_of_a_plugin = options_.plugin_database_connections;
  settings.log = options_.log;
  return settings;
}

void runtime::implementation::prepare_database() {
  pg_connection connection{options_.database_url, connect_timeout};
  const auto applied = migrate(connection, platform_migrations(), migration_deadline);
  if (!applied.empty()) log(log_level::info, "the database is migrated", {{"versions", applied}});
  if (options_.database_isolation == plugin_isolation::none) {
    log(log_level::warn, "plugins are not kept apart in the database: each may read and change all that is in it");
  } else {
    roles_ = std::make_shared<const plugin_roles>(plugin_roles::settings{options_.database_url, *key_});
    roles_->demand_rights();
  }
  if (connection.execute(rebase_event_log(), migration_deadline)[0].get<bool>(0))
    log(log_level::warn, "the event log comes from another server; its events and cursors keep their order here");
  try {
    tell_dropped_days(connection.execute(keep_event_log(event_log_days_ahead, days_kept()), migration_deadline),
                      options_.log);
  } catch (const database_error& e) {
    // The keeper tries again; meanwhile there is a table for days that have none.
    log(log_level::error, "the event log's tables could not be kept in order", {{"what", e.message()}});
  }
  for (auto& cursor : read_cursors(connection.execute(list_cursors(), migration_deadline)))
    wanted_events_.push_back(std::move(cursor.pattern));
  letters_->number_from(read_first_dead_letter_id(connection.execute(draw_dead_letter_number(), migration_deadline)));
}

void runtime::implementation::spawn_dead_letter_store() {
  dead_letter_setup setup;
  setup.letters = letters_;
  setup.events = events_;
  setup.database = database_;
  setup.deadline = std::min(options_.database_deadline, dead_letter_statement);
  setup.keep = options_.stored_dead_letters;
  setup.log = options_.log;
  dead_letter_store_ = system_->spawn(dead_letter_store_behavior, std::move(setup));
}

void runtime::implementation::demand_event_patterns() const {
  for (const auto& pattern : options_.durable_events)
    if (!is_event_pattern(pattern))
      throw error{ec::invalid_argument,
                  "'" + pattern.substr(0, 80) + "' is no pattern of event types that the event log could keep"};
  if (!options_.durable_events.empty() && options_.database_url.empty())
    throw error{ec::invalid_argument, "durable events need a database; set database_url, or name none"};
}

void runtime::implementation::open_event_log() {
  auto connections = pool_settings();
  connections.max_connections = event_log_connections;
  event_log_database_ = system_->spawn(db_pool, std::move(connections));
  event_log_settings settings;
  settings.deadline = options_.database_deadline;
  settings.patterns = options_.durable_events;
  settings.days_kept = days_kept();
  settings.lease = options_.event_log_lease;
  settings.log = options_.log;
  event_log_ = std::make_shared<event_log>(
      *system_, event_log_database_, executor_, events_, figures_, [letters = letters_] { return letters->draw_id(); },
      wanted_events_, std::move(settings));
}

void runtime::implementation::open_sources() {
  if (!options_.plugin_dirs.empty())
    code_ = std::make_shared<code_store>(code_store::settings{options_.code_dir, options_.log});
  sources_ = std::make_shared<plugin_sources>(factories_, options_.plugin_dirs, code_);
  if (code_) discovery_ = system_->spawn<caf::detached>(discovery, discovery_setup{sources_, options_.log});
}

void runtime::implementation::spawn_registries() {
  bus_ = system_->spawn(registry<subscription_ptr>, [events = events_, log = event_log_](const auto& plugins) {
    auto routes = std::make_unique<routing_snapshot>();
    std::vector<durable_target> durable;
    for (const auto& [owner, subscriptions] : plugins)
      for (const auto& s : subscriptions) {
        routes->add(s, owner.cell);
        if (s->durable) durable.push_back({owner.cell, s});
      }
    routes->seal();
    events->publish(std::move(routes));
    if (log) log->follow(std::move(durable));
  });
  api_ = system_->spawn(registry<plugin_route_ptr>, [this](const auto& plugins) {
    endpoint_list endpoints;
    for (const auto& [owner, routes] : plugins)
      for (const auto& route : routes)
        endpoints.push_back({owner.cell->name(), route->method, full_path(owner.cell->name(), route->path),
                             route->permissions, access::signed_in, route->description,
                             [cell = owner.cell, route](request rq, responder answer) {
                               cell->push(request_delivery{route, std::move(rq), std::move(answer)});
                             }});
    routes_.publish(std::move(endpoints));
  });
  ui_registry_ = system_->spawn(registry<ui_component>, [this](const auto& plugins) {
    std::vector<published_components::item> items;
    for (const auto& [owner, components] : plugins)
      for (const auto& component : components) items.push_back({component, owner.cell});
    ui_.publish(std::move(items));
  });
}

std::uint32_t runtime::implementation::start() {
  if (system_) throw error{ec::conflict, "the runtime was started before; make a new one to start again"};
  const auto platform = value_or_raise(semver::parse(options_.platform_version));
  key_ = options_.secrets_key.empty() ? secret_key::random() : secret_key{options_.secrets_key};
  demand_event_patterns();
  if (!options_.database_url.empty()) prepare_database();
  config_ = std::make_unique<system_config>(options_.workers);
  system_ = std::make_unique<caf::actor_system>(*config_);
  if (options_.database_url.empty()) {
    log(log_level::warn, "no database is set: plugins keep their storage in memory, and it is lost at the end");
    executor_ = std::make_shared<no_database>();
  } else {
    database_ = system_->spawn(db_pool, pool_settings());
    executor_ = make_db_executor(*system_, database_);
    const auto connections =
        std::make_shared<connection_stack>(connection_stack::settings{.url = options_.database_url}, timer_);
    storage_ = std::make_shared<gathered_storage>(
        [connections, deadline = options_.database_deadline](const sql_statement& statement) {
          return connections->execute(statement, deadline);
        });
  }
  if (database_) {
    sweeper_ = system_->spawn(storage_sweeper, database_, storage_sweeper_options{.log = options_.log});
    quota_keeper_options keeping;
    keeping.accounts = accounts_;
    keeping.schemas = roles_ != nullptr;
    keeping.log = options_.log;
    quota_keeper_ = system_->spawn(quota_keeper, database_, std::move(keeping));
    storage_watcher_options watching;
    watching.observers = observers_;
    watching.log = options_.log;
    storage_watcher_ = system_->spawn(storage_watcher, database_, std::move(watching));
    open_event_log();
  }
  open_sources();
  spawn_registries();
  spawn_dead_letter_store();
  runtime_setup setup;
  setup.sources = sources_;
  setup.platform = platform;
  setup.services = [this](const std::string& plugin, const plugin_manifest& manifest) {
    return services_of(plugin, manifest);
  };
  setup.hide_secrets = [logs = logs_](const std::string& plugin, const json& config, const json& schema) {
    logs->hide_secrets(plugin, config, schema);
  };
  setup.events = events_;
  setup.peers = peers_;
  setup.audit = audit_;
  setup.event_log = event_log_;
  setup.turns = turns_.get();
  setup.bus = bus_;
  setup.api = api_;
  setup.ui = ui_registry_;
  setup.database = database_;
  setup.database_deadline = options_.database_deadline;
  setup.seal = std::make_shared<const config_seal>(*key_);
  setup.seals = !options_.secrets_key.empty();
  setup.deadlines = {options_.load_deadline, options_.drain_deadline, options_.unload_deadline};
  setup.cell.inbox = options_.inbox;
  setup.cell.overflow = options_.overflow;
  setup.cell.supervision = options_.supervision;
  setup.letters = letters_;
  setup.figures = figures_;
  setup.log = options_.log;
  table_ = system_->spawn(runtime_behavior, std::move(setup));
  if (discovery_) static_cast<void>(ask<std::vector<available_plugin>>(*system_, discovery_, prompt, atom::discover_v));
  if (!auto_start_) return 0;
  return value_or_raise(ask<std::uint32_t>(*system_, table_, operation_timeout(), atom::start_v));
}

void runtime::implementation::end_actors() {
  caf::scoped_actor self{*system_};
  std::size_t open = 0;
  const auto end = [&](const auto& handle) {
    if (!handle) return;
    self->monitor(handle);
    self->send_exit(handle, caf::exit_reason::user_shutdown);
    ++open;
  };
  end(discovery_);
  end(table_);
  end(bus_);
  end(api_);
  end(ui_registry_);
  end(dead_letter_store_);
  end(sweeper_);
  end(quota_keeper_);
  end(storage_watcher_);
  end(event_log_database_);
  end(database_);
  self->receive_while([&] { return open > 0; })([&](const caf::down_msg&) { --open; },
                                                caf::after(prompt) >> [&] { open = 0; });
}

void runtime::implementation::stop() {
  if (!table_) return;
  if (plugin_cell::current())
    throw error{ec::would_deadlock, "a plugin may not stop the runtime from a hook or handler"};
  std::lock_guard lock{stop_mutex_};
  if (stopped_) return;
  const auto plugins = ask<std::vector<loaded_plugin>>(*system_, table_, prompt, atom::list_v);
  const auto for_each = options_.drain_deadline + options_.unload_deadline + prompt;
  const auto timeout = operation_timeout() + (plugins ? static_cast<int>(plugins->size()) + 1 : 1) * for_each;
  const auto left = ask<std::vector<std::string>>(*system_, table_, timeout, atom::stop_v);
  stopped_ = true;
  audit_->close();
  if (event_log_) {
    event_log_->stop_following(prompt);
    event_log_->stop(prompt);
  }
  if (const auto written = ask<void>(*system_, dead_letter_store_, dead_letter_deadline, atom::stop_v); !written)
    log(log_level::error, "the last dead letters could not be written in time", {{"what", written.error().message()}});
  end_actors();
  routes_.publish({});
  ui_.publish({});
  events_->publish(std::make_unique<const routing_snapshot>());
  left_behind_ = !turns_->stop(prompt_end) || !left || !left->empty();
  timer_->stop();
  if (left_behind_)
    log(log_level::error, "plugins did not return from their code and are left behind with their threads",
        {{"plugins", left ? json(*left) : json(left.error().message())}});
}

// -- the runtime's face ---------------------------------------------------------------------------------------------

runtime::runtime(runtime_options options) : implementation_{std::make_unique<implementation>(std::move(options))} {}

runtime::~runtime() {
  try {
    stop();
  } catch (const error& e) {
    implementation_->log(log_level::error, "the runtime could not be stopped cleanly: " + e.message());
  }
}

void runtime::register_builtin(plugin_factory factory) {
  implementation_->register_builtin(std::move(factory));
}
void runtime::set_secrets_key(std::string key) {
  implementation_->options_.secrets_key = std::move(key);
}

void runtime::set_database_url(std::string url) {
  implementation_->options_.database_url = std::move(url);
}
void runtime::auto_start(bool wanted) noexcept {
  implementation_->auto_start_ = wanted;
}
std::uint32_t runtime::start() {
  return implementation_->start();
}
void runtime::stop() {
  implementation_->stop();
}

emit_report runtime::emit(event e) {
  return implementation_->events_->emit(std::move(e));
}
emit_report runtime::emit(std::string type, event::payload_type payload) {
  return implementation_->events_->emit(event{std::move(type), std::move(payload)});
}
sync_report runtime::emit_sync(event e, std::chrono::milliseconds deadline) {
  return implementation_->events_->emit_sync(std::move(e), deadline);
}
sync_report runtime::emit_sync(std::string type, event::payload_type payload, std::chrono::milliseconds deadline) {
  return implementation_->events_->emit_sync(event{std::move(type), std::move(payload)}, deadline);
}

void runtime::emit_then(event e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) {
  implementation_->events_->emit_then(std::move(e), deadline, std::move(done));
}
void runtime::emit_then(std::string type, event::payload_type payload, std::chrono::milliseconds deadline,
                        std::function<void(sync_report)> done) {
  emit_then(event{std::move(type), std::move(payload)}, deadline, std::move(done));
}
std::future<sync_report> runtime::emit_async(event e, std::chrono::milliseconds deadline) {
  const auto promise = std::make_shared<std::promise<sync_report>>();
  auto report = promise->get_future();
  emit_then(std::move(e), deadline, [promise](sync_report r) { promise->set_value(std::move(r)); });
  return report;
}
std::future<sync_report> runtime::emit_async(std::string type, event::payload_type payload,
                                             std::chrono::milliseconds deadline) {
  return emit_async(event{std::move(type), std::move(payload)}, deadline);
}
collected_emit runtime::emit_collected(event e, std::chrono::milliseconds deadline,
                                       collected_emit::executor resume_on) {
  return {implementation_->events_, std::move(e), deadline, std::move(resume_on)};
}
collected_emit runtime::emit_collected(std::string type, event::payload_type payload,
                                       std::chrono::milliseconds deadline, collected_emit::executor resume_on) {
  return emit_collected(event{std::move(type), std::move(payload)}, deadline, std::move(resume_on));
}

emit_report runtime::emit_durable(event e) {
  return implementation_->demand_event_log().emit(std::move(e));
}
emit_report runtime::emit_durable(std::string type, event::payload_type payload) {
  return emit_durable(event{std::move(type), std::move(payload)});
}
event_log_page runtime::read_event_log(const event_log_filter& which) const {
  return implementation_->demand_event_log().read(which);
}
std::vector<durable_subscription> runtime::durable_subscriptions() const {
  return implementation_->demand_event_log().subscriptions();
}
bool runtime::drop_durable_subscription(const std::string& plugin, const std::string& name) {
  auto& log = implementation_->demand_event_log();
  implementation_->demand_not_loaded(plugin, "its durable subscriptions are dropped");
  return log.forget(plugin, name);
}

loaded_plugin runtime::load_installed(const std::string& plugin) {
  return implementation_->change(plugin, atom::load_v, plugin);
}
loaded_plugin runtime::load(load_options options) {
  const auto plugin = options.name;
  return implementation_->change(plugin, atom::load_v, std::move(options));
}
loaded_plugin runtime::unload(const std::string& plugin, dependents others) {
  return implementation_->change(plugin, atom::unload_v, plugin, others);
}
loaded_plugin runtime::reload(const std::string& plugin) {
  return implementation_->change(plugin, atom::reload_v, plugin);
}
loaded_plugin runtime::enable(const std::string& plugin) {
  return implementation_->change(plugin, atom::enable_v, plugin);
}
loaded_plugin runtime::disable(const std::string& plugin, dependents others) {
  return implementation_->change(plugin, atom::disable_v, plugin, others);
}
loaded_plugin runtime::configure(const std::string& plugin, const json& config, const std::string& who) {
  return implementation_->change(plugin, atom::change_v, plugin, text_of(plugin, config), who);
}
std::vector<config_revision> runtime::config_history(const std::string& plugin) const {
  implementation_->demand_started();
  return value_or_raise(ask<std::vector<config_revision>>(*implementation_->system_, implementation_->table_,
                                                          implementation_->operation_timeout(), atom::history_v,
                                                          plugin));
}
loaded_plugin runtime::revert_config(const std::string& plugin, int revision, const std::string& who) {
  return implementation_->change(plugin, atom::revert_v, plugin, revision, who);
}

loaded_plugin runtime::install(const std::string& plugin, const std::optional<json>& config, bool enable,
                               const std::string& who) {
  return implementation_->change(plugin, atom::install_v, plugin, config ? text_of(plugin, *config) : std::string{},
                                 enable, who);
}

void runtime::uninstall(const std::string& plugin, plugin_data what, dependents others) {
  implementation_->demand_data_of(plugin);
  implementation_->change(plugin, atom::uninstall_v, plugin, others);
  if (what == plugin_data::drop) purge(plugin);
}

void runtime::purge(const std::string& plugin) {
  implementation_->demand_data_of(plugin);
  implementation_->demand_not_loaded(plugin, "its data is dropped");
  implementation_->purge(plugin);
}

loaded_plugin runtime::release_quarantined(const std::string& plugin, const std::string& pattern) {
  return implementation_->change(plugin, atom::release_v, plugin, pattern);
}

std::vector<streamspace::dead_letter> runtime::list_dead_letters(const dead_letter_filter& which) const {
  return value_or_raise(implementation_->ask_dead_letters<dead_letter_page>(atom::list_v, which)).items;
}

std::optional<streamspace::dead_letter> runtime::dead_letter(std::uint64_t id) const {
  auto found = implementation_->ask_dead_letters<streamspace::dead_letter>(atom::find_v, id);
  if (!found && found.error().code() == ec::not_found) return std::nullopt;
  return value_or_raise(std::move(found));
}

void runtime::redrive(std::uint64_t id) {
  value_or_raise(implementation_->ask_dead_letters<streamspace::dead_letter>(atom::redrive_v, id));
}

redrive_report runtime::redrive(const dead_letter_filter& which) {
  return value_or_raise(implementation_->ask_dead_letters<redrive_report>(atom::redrive_v, which));
}

void runtime::discard_dead_letter(std::uint64_t id) {
  value_or_raise(implementation_->ask_dead_letters<std::uint64_t>(atom::remove_v, id));
}

std::uint64_t runtime::discard_dead_letters(const dead_letter_filter& which) {
  return value_or_raise(implementation_->ask_dead_letters<std::uint64_t>(atom::remove_v, which));
}

std::vector<event_type_figures> runtime::event_figures() const {
  return implementation_->figures_->snapshot();
}

std::optional<loaded_plugin> runtime::plugin(const std::string& name) const {
  implementation_->demand_started();
  auto found = ask<loaded_plugin>(*implementation_->system_, implementation_->table_, prompt, atom::find_v, name);
  if (!found && found.error().code() == ec::not_found) return std::nullopt;
  return value_or_raise(std::move(found));
}

std::vector<loaded_plugin> runtime::plugins() const {
  implementation_->demand_started();
  return value_or_raise(
      ask<std::vector<loaded_plugin>>(*implementation_->system_, implementation_->table_, prompt, atom::list_v));
}

std::vector<available_plugin> runtime::available() const {
  if (!implementation_->sources_) return plugin_sources{implementation_->factories_, {}, nullptr}.list();
  return implementation_->sources_->list();
}

std::vector<available_plugin> runtime::discover() {
  implementation_->demand_started();
  if (!implementation_->discovery_) return implementation_->sources_->list();
  return value_or_raise(ask<std::vector<available_plugin>>(*implementation_->system_, implementation_->discovery_,
                                                           prompt, atom::discover_v));
}

std::vector<plugin_remains> runtime::remains() const {
  return implementation_->audit_->remains();
}

std::vector<mapped_code> runtime::mapped_code_files() const {
  return implementation_->code_ ? implementation_->code_->mapped() : std::vector<mapped_code>{};
}

live_routes& runtime::routes() noexcept {
  return implementation_->routes_;
}
json runtime::ui_components(const principal& caller) const {
  return implementation_->ui_.document(caller);
}

void runtime::set_log_level(const std::string& plugin, log_level level) {
  *implementation_->logs_->threshold_of(plugin) = level;
}

log_level runtime::log_level_of(const std::string& plugin) const {
  return implementation_->logs_->level_of(plugin);
}

log_page runtime::recent_log(const std::string& plugin, std::size_t limit, log_level least) const {
  return implementation_->logs_->recent(plugin, limit, least);
}

runtime_actors actors_of(runtime& rt) {
  auto& implementation = *rt.implementation_;
  implementation.demand_started();
  return {*implementation.system_,
          implementation.table_,
          implementation.database_,
          implementation.dead_letter_store_,
          implementation.event_log_ ? implementation.event_log_->reader() : event_log_actor{},
          implementation.discovery_,
          implementation.events_};
}

}  // namespace streamspace
