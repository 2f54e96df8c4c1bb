#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <streamspace/actors/collected_emit.hpp>
#include <streamspace/actors/dead_letters.hpp>
#include <streamspace/actors/inbox_limits.hpp>
#include <streamspace/actors/supervision.hpp>
#include <streamspace/messages/config_revision.hpp>
#include <streamspace/messages/delivery.hpp>
#include <streamspace/messages/endpoint.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/event_figures.hpp>
#include <streamspace/messages/log_page.hpp>
#include <streamspace/messages/log_record.hpp>
#include <streamspace/messages/logged_event.hpp>
#include <streamspace/messages/overflow_policy.hpp>
#include <streamspace/messages/plugin_info.hpp>
#include <streamspace/messages/plugin_remains.hpp>
#include <streamspace/plugins/code/mapped_code.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace {

struct runtime_actors;

/// What keeps plugins apart in the database.
enum class plugin_isolation : std::uint8_t {
  roles,  ///< Each has a role and a schema of its own, and reads of the platform what its permissions say.
  /// Nothing: all use the platform's own user and see all its tables. For servers where no roles can be made; said in
  /// the log at each start.
  none,
};

struct runtime_options {
  /// PostgreSQL, as libpq takes it. Empty: no database; storage is then kept in memory and ctx.database() answers
  /// unavailable.
  std::string database_url;
  /// For SQL, at most; the storage of all plugins together has up to 8 more, the event log 4.
  std::size_t database_connections = 8;
  std::size_t plugin_database_connections = 4;  ///< How many of them one plugin may use at once.
  plugin_isolation database_isolation = plugin_isolation::roles;
  /// What a plugin may keep in bytes: the keys of its storage (as plugin_storage counts them) and, with isolation and a
  /// database, the tables of its schema. A manifest's `resources.storageBytes` lowers it. Past it, writes of storage
  /// are refused (quota_exceeded); tables are measured once a minute, and what they take beyond it is logged but not
  /// prevented. 0: no quota but the manifest's.
  std::uint64_t plugin_storage_quota = std::uint64_t{256} << 20U;
  /// At least 32 random bytes that only the hosts of this database know: secrets of configurations (what their schema
  /// declares `"format": "password"`) are sealed with it in the database, and the passwords of the plugins' roles
  /// follow from it. Hosts that share a database need the same one. Empty: secrets are kept in the clear, which the log
  /// says, and the passwords are new at each start.
  std::string secrets_key;
  std::chrono::milliseconds database_deadline{30'000};  ///< For each call of a plugin.
  /// Patterns of event types that the event log keeps, besides those that durable subscriptions want. An event that is
  /// emitted is written soon after; emit_durable() waits until it is.
  std::vector<std::string> durable_events;
  int event_log_days = 7;  ///< How long the event log keeps events, today not counted; at least 1.
  /// How long a host that has gone silent keeps others from its durable subscriptions, and itself when it comes back.
  std::chrono::milliseconds event_log_lease{10'000};
  /// Where plugins' files lie, in the order in which they are looked through; one that is missing is passed over.
  /// Plugins that are built in go before files of the same name. A change below is noticed while the runtime runs.
  std::vector<std::filesystem::path> plugin_dirs;
  /// Where the copies lie from which plugins' code runs, for nobody else to use: what is in it is removed. Its file
  /// system must allow execution. Empty: a folder among the system's temporary ones.
  std::filesystem::path code_dir;
  /// The version of StreamSpace that this host is, as requirements of manifests mean it (streamspaceVersion,
  /// minimumVersion, maximumVersion).
  std::string platform_version = "1.0.0";
  std::size_t workers = 0;  ///< Threads for the runtime's own actors; 0: as many as fit the machine.
  /// Threads that the plugins share; 0: as many as the machine has cores, at least 2. A plugin that blocks gets a
  /// thread of its own.
  std::size_t plugin_workers = 0;
  /// How long a plugin's code may take before the runtime goes on without it.
  std::chrono::milliseconds load_deadline{30'000};  ///< on_load, and on_enable, each.
  std::chrono::milliseconds drain_deadline{
      10'000};  ///< Finishing what waits in the inbox when it is disabled or unloaded.
  std::chrono::milliseconds unload_deadline{10'000};  ///< on_disable and on_unload together.
  /// What is done about plugins whose code fails; a manifest's `supervision` overrides it.
  streamspace::supervision supervision;
  /// What happens to events that find a plugin's inbox full, unless its manifest's `inbox` or its subscription says
  /// otherwise.
  overflow_policy overflow;
  /// In memory; with a database, those that are not written yet.
  dead_letter_limits dead_letters;
  /// In the database, at least 1; when there are more, the oldest are deleted, some at a time.
  std::size_t stored_dead_letters = 100'000;
  /// What may wait for one plugin; a manifest's `inbox` overrides it. Further events are dropped and counted, further
  /// requests answered 503.
  inbox_limits inbox;
  /// Takes the log of the plugins and of the runtime itself; what configurations declare secret is "***" in it. Empty:
  /// JSON lines on standard output.
  log_sink log;
  log_level min_log_level = log_level::info;  ///< Of plugins unless set_log_level() says otherwise, and of the runtime.
};

/// What becomes of a plugin's storage, tables and durable subscriptions when it is uninstalled.
enum class plugin_data : std::uint8_t { keep, drop };

/// The plugin runtime (the seed's RuntimeV2): loads plugins, brings them events and requests, and keeps them apart from
/// each other. All of it is thread-safe but for construction, register_builtin, auto_start and start, which belong to
/// one thread. Errors are thrown (error.hpp). Calls that change a plugin block until it is done; made from a plugin's
/// own turn about that plugin itself they throw would_deadlock.
class runtime {
 public:
  explicit runtime(runtime_options options = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  /// Stops, if stop() was not called.
  ~runtime();

  /// Makes a plugin class of this program available under a name. Before start(). Errors: invalid_argument,
  /// already_exists.
  template <std::derived_from<plugin_handler> Plugin>
  void register_builtin(std::string name) {
    register_builtin(make_plugin_factory<Plugin>(plain_manifest(std::move(name))));
  }
  void register_builtin(plugin_factory factory);

  /// Another database than the options named; for programs that start one. Before start().
  void set_database_url(std::string url);
  /// Another key than the options named; see runtime_options::secrets_key. Before start().
  void set_secrets_key(std::string key);

  /// Whether start() loads the plugins that the database says are enabled (without a database: all built-ins). True
  /// unless set.
  void auto_start(bool wanted) noexcept;

  /// Connects, migrates the database, and loads plugins; a broken plugin is logged and skipped. Returns when all are
  /// up, with their number. Errors: database_unreachable and whatever else makes the database unusable; conflict when
  /// it was started before.
  std::uint32_t start();
  /// Unloads all plugins, the last loaded first, and ends. A plugin that does not return from its code within its
  /// deadline is left behind with its thread, which is logged.
  void stop();

  /// Emits an event to everyone who subscribed to its type; returns at once.
  emit_report emit(event e);
  emit_report emit(std::string type, event::payload_type payload = json::object());
  /// Emits and waits for every handler, at most for the deadline.
  sync_report emit_sync(event e, std::chrono::milliseconds deadline = std::chrono::seconds{30});
  sync_report emit_sync(std::string type, event::payload_type payload,
                        std::chrono::milliseconds deadline = std::chrono::seconds{30});
  /// The same without waiting, for code that must not block: `done` is called once with the report, when every handler
  /// has answered or at the deadline. It runs on the thread that brings the last answer (maybe this one, in this call;
  /// often one in a plugin's turn) or the one that watches the deadlines, so it must be short and must not block. What
  /// it throws is logged. An inbox that is full refuses the event also where the overflow policy is to block. Error
  /// invalid_argument when `done` is empty.
  void emit_then(event e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done);
  void emit_then(std::string type, event::payload_type payload, std::chrono::milliseconds deadline,
                 std::function<void(sync_report)> done);
  /// The same, with the report to come.
  std::future<sync_report> emit_async(event e, std::chrono::milliseconds deadline = std::chrono::seconds{30});
  std::future<sync_report> emit_async(std::string type, event::payload_type payload,
                                      std::chrono::milliseconds deadline = std::chrono::seconds{30});
  /// The same for coroutines: `sync_report report = co_await rt.emit_collected(e);`. Nothing is emitted before that;
  /// where the coroutine goes on stands at collected_emit.
  collected_emit emit_collected(event e, std::chrono::milliseconds deadline = std::chrono::seconds{30},
                                collected_emit::executor resume_on = {});
  collected_emit emit_collected(std::string type, event::payload_type payload,
                                std::chrono::milliseconds deadline = std::chrono::seconds{30},
                                collected_emit::executor resume_on = {});

  /// Writes an event to the event log, then emits it: when this returns it is there whatever happens. Blocks, at most
  /// for some database_deadlines. Errors: unavailable without a database, invalid_argument when the log cannot hold it,
  /// database_*; it may be in the log then, but was not emitted.
  emit_report emit_durable(event e);
  emit_report emit_durable(std::string type, event::payload_type payload = json::object());
  /// A page of what the event log has, of all hosts. Blocks. Errors: unavailable, invalid_argument, database_*.
  event_log_page read_event_log(const event_log_filter& which) const;
  /// All durable subscriptions of the database, those of plugins that are not loaded too. Blocks. Errors as above.
  std::vector<durable_subscription> durable_subscriptions() const;
  /// Gives one up, with what it has not had yet; when its plugin subscribes again it begins anew. Blocks. False when
  /// there is none. Errors: conflict while the plugin is loaded here; as above.
  bool drop_durable_subscription(const std::string& plugin, const std::string& name);

  loaded_plugin load(load_options options);
  /// As the database has it. A template, so that load({.name = "p"}) can only mean the other one.
  template <std::convertible_to<std::string> Name>
  loaded_plugin load(const Name& plugin) {
    return load_installed(plugin);
  }
  /// Plugins that others need are not unloaded, disabled or uninstalled (conflict, naming them), or after those.
  loaded_plugin unload(const std::string& plugin, dependents others = dependents::forbid);
  loaded_plugin reload(const std::string& plugin);
  loaded_plugin enable(const std::string& plugin);
  loaded_plugin disable(const std::string& plugin, dependents others = dependents::forbid);
  /// A secret that is "***", as it is shown, stays as it is. When a plugin that ran cannot be loaded so, it goes on
  /// with the configuration it had, and plugin_failed is thrown. `who` is the subject that the history notes; empty
  /// when nobody is signed in.
  loaded_plugin configure(const std::string& plugin, const json& config, const std::string& who = {});
  /// The configurations that an installed plugin had, the newest first, with "***" for their secrets (for all that they
  /// say, while the plugin's code is not there to tell what is secret). Each that is recorded adds one, unless it is
  /// equal to the one before; one with which the plugin could not go on is taken back, and its number is given again.
  /// The newest config_revision::most are kept, until the plugin is uninstalled. Blocks. Errors: not_found, unavailable
  /// without a database, database_*.
  std::vector<config_revision> config_history(const std::string& plugin) const;
  /// As configure(), with the configuration of that revision, its secrets too. Errors besides: not_found for a revision
  /// that the history does not have, invalid_argument when it does not fit the plugin's schema any more, conflict when
  /// the plugin's code is not there to tell, or when its secrets were sealed with another key, unavailable without a
  /// database.
  loaded_plugin revert_config(const std::string& plugin, int revision, const std::string& who = {});

  /// Records a plugin that is available as installed, and loads it unless it is not to be enabled. One that is
  /// installed already is replaced by what is there now, and keeps its configuration where none is given. When it
  /// cannot be loaded, what was recorded before stands. `who` is the subject that is noted, as by configure(). Errors:
  /// not_found, plugin_incompatible, invalid_argument for a configuration that does not fit, unavailable without a
  /// database, those of load().
  loaded_plugin install(const std::string& plugin, const std::optional<json>& config = std::nullopt, bool enable = true,
                        const std::string& who = {});

  /// Unloads a plugin if it is loaded, and forgets that it was installed, with its configurations; what it has in the
  /// database stays for the day that it is installed again, or is dropped as by purge(). The next start installs a
  /// built-in one anew, as if it had never been there, unless auto_start is off. Blocks. Errors: not_found when it is
  /// neither loaded nor installed, unavailable without a database, database_*, those of unload().
  void uninstall(const std::string& plugin, plugin_data what, dependents others = dependents::forbid);

  /// Drops all that a plugin has in the database, for good: its role, its schema with its tables, its storage. (Without
  /// isolation its tables stay, as nobody knows whose they are.) Blocks,
  /// at most for some database_deadlines. Errors: conflict while the plugin is loaded, invalid_argument for what is no
  /// plugin's name, unavailable without a database, database_*.
  void purge(const std::string& plugin);

  /// Brings a plugin's subscriptions with this pattern out of quarantine. Error not_found when none is in it.
  loaded_plugin release_quarantined(const std::string& plugin, const std::string& pattern);

  /// Events that did not get through, newest first; with a database also those of earlier runs and of other hosts on
  /// it. Like the calls below it blocks, at most for half a minute. Errors: invalid_argument for a limit out of range,
  /// timeout, database_*.
  std::vector<streamspace::dead_letter> list_dead_letters(const dead_letter_filter& which = {}) const;
  /// Nothing when there is none with this id.
  std::optional<streamspace::dead_letter> dead_letter(std::uint64_t id) const;
  /// Sends a dead letter's event to its subscription again; of several callers one does. Errors: not_found, unavailable
  /// when its subscription does not take it now, conflict when that is in quarantine or somebody else sends it just
  /// now; the letter stays then.
  void redrive(std::uint64_t id);
  /// The same for those that are meant, from the oldest on.
  redrive_report redrive(const dead_letter_filter& which);
  /// Errors: not_found, conflict when somebody sends it again just now.
  void discard_dead_letter(std::uint64_t id);
  /// Those that are meant, from the oldest on, but for those that somebody sends again just now; how many.
  std::uint64_t discard_dead_letters(const dead_letter_filter& which);

  /// What became of the events of each type since the runtime was made, sorted by type. A thousand types have figures
  /// of their own; later ones share those of "(other)". Does not block.
  std::vector<event_type_figures> event_figures() const;

  /// Nothing when no plugin of that name is in the table.
  std::optional<loaded_plugin> plugin(const std::string& name) const;
  /// In the order in which they were loaded; failed ones too.
  std::vector<loaded_plugin> plugins() const;
  /// What could be loaded, by name, and what looked like a plugin and is rejected, with the reason.
  std::vector<available_plugin> available() const;
  /// The same after the directories were looked through anew, which is done by itself when something changes in them.
  /// Blocks.
  std::vector<available_plugin> discover();
  /// Of the plugins that were unloaded and are not loaded again, those of which something is still there. What is found
  /// a second after an unload is logged too.
  std::vector<plugin_remains> remains() const;
  /// The files of code that are open, and those that the loader does not let go of.
  std::vector<mapped_code> mapped_code_files() const;

  /// The plugins' routes, for a server to follow.
  live_routes& routes() noexcept;
  /// {widgets, adminWidgets, pages, adminPages, menuItems} of the enabled plugins, each sorted by order, plugin and id;
  /// what the caller may not see is left out.
  json ui_components(const principal& caller) const;

  /// From which level on a plugin's log is kept; at once and for later loads.
  void set_log_level(const std::string& plugin, log_level level);
  log_level log_level_of(const std::string& plugin) const;
  /// The last lines that a plugin logged and that the runtime logged about it, without the secrets of its
  /// configuration: of 200 lines (and 256 KiB) those of this level or a graver one, the newest `limit`. They are kept
  /// when the plugin is unloaded, of a thousand plugins. Does not block.
  log_page recent_log(const std::string& plugin, std::size_t limit, log_level least = log_level::debug) const;

 private:
  friend runtime_actors actors_of(runtime& rt);

  loaded_plugin load_installed(const std::string& plugin);

  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace streamspace
