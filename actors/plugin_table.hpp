#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/event_bus.hpp>
#include <streamspace/actors/plugin.hpp>
#include <streamspace/actors/plugin_peers.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/actors/unload_audit.hpp>
#include <streamspace/messages/caf/interfaces.hpp>
#include <streamspace/plugins/code/plugin_sources.hpp>
#include <streamspace/plugins/dependencies/load_order.hpp>

namespace streamspace {

class config_seal;
class event_log;
struct installed_plugin;

/// How long a plugin's code may take before the runtime goes on without it.
struct plugin_deadlines {
  std::chrono::milliseconds load{30'000};    ///< on_load, and on_enable after it, each.
  std::chrono::milliseconds drain{10'000};   ///< Finishing what waits in the inbox; the rest is given up then.
  std::chrono::milliseconds unload{10'000};  ///< on_disable and on_unload together.
};

struct runtime_setup {
  std::shared_ptr<plugin_sources> sources;
  semver platform;  ///< What requirements of manifests on StreamSpace's version are held against.
  /// The services of one plugin.
  std::function<plugin_services(const std::string& plugin, const plugin_manifest& manifest)> services;
  /// Has the secrets of a configuration of a plugin kept out of its log; those of earlier ones still are.
  std::function<void(const std::string& plugin, const json& config, const json& schema)> hide_secrets;
  std::shared_ptr<event_bus> events;
  std::shared_ptr<plugin_peers> peers;
  std::shared_ptr<unload_audit> audit;
  std::shared_ptr<streamspace::event_log> event_log;  ///< Null without a database.
  turn_pool* turns;                                   ///< Outlives the table.
  event_bus_actor bus;
  api_registry_actor api;
  ui_registry_actor ui;
  db_pool_actor database;  ///< Invalid when the runtime has none.
  std::chrono::milliseconds database_deadline{30'000};
  std::shared_ptr<const config_seal> seal;
  bool seals = false;  ///< Whether to seal secrets, or only to open them.
  plugin_deadlines deadlines;
  plugin_cell::options cell;  ///< A manifest's `supervision` and `inbox` override its.
  std::shared_ptr<dead_letters> letters;
  std::shared_ptr<event_metrics> figures;
  log_sink log;
};

/// The runtime actor's table of plugins and what happens to each (DESIGN, Plugin lifecycle). Nothing here waits: every
/// step is a request to the plugin's actor, and while one is under way further ones on that plugin are refused
/// (conflict).
class plugin_table {
 public:
  static constexpr const char* name = "streamspace.runtime";
  using pointer = runtime_actor::stateful_pointer<plugin_table>;
  using reply = std::function<void(result<loaded_plugin>)>;
  using history_reply = std::function<void(result<std::vector<config_revision>>)>;
  /// The names of the plugins whose code did not return.
  using stop_reply = std::function<void(std::vector<std::string>)>;

  void begin(pointer self, runtime_setup setup);

  void load(load_options options, reply done);
  void load_from_database(const std::string& plugin, reply done);
  void unload(const std::string& plugin, dependents others, reply done);
  void reload(const std::string& plugin, reply done);
  void enable(const std::string& plugin, reply done);
  void disable(const std::string& plugin, dependents others, reply done);
  /// Here and below, `who` is for the history of the plugin's configurations; empty when nobody is signed in.
  void install(const std::string& plugin, const std::string& config_text, bool enable, const std::string& who,
               reply done);
  void uninstall(const std::string& plugin, dependents others, reply done);
  /// A plugin that ran and cannot be loaded with the new configuration goes on with the one it had. Secrets that are
  /// sent as they are shown ("***") stay as they are.
  void configure(const std::string& plugin, const std::string& config_text, const std::string& who, reply done);
  /// The same with a configuration that it had.
  void revert(const std::string& plugin, int revision, const std::string& who, reply done);
  void config_history(const std::string& plugin, history_reply done);

  using operation = std::function<void(plugin_table&, const std::string& name, reply done)>;
  /// Does it to the plugin that is meant, which is said by its name or by its number in the database.
  void with_name(const std::string& plugin, const operation& what, reply done);

  void trouble(const std::string& plugin, const plugin_trouble& what);
  void restart_crashed(const std::string& plugin, std::uint64_t order);
  void release_from_quarantine(const std::string& plugin, const std::string& pattern, reply done);

  result<loaded_plugin> find(const std::string& plugin) const;
  std::vector<loaded_plugin> list() const;
  std::vector<available_plugin> available() const { return setup_.sources->list(); }

  void start(std::function<void(result<std::uint32_t>)> done);
  /// Lets what is under way come to its end, then unloads all, the last loaded first.
  void stop(stop_reply done);

 private:
  struct entry {
    loaded_plugin info;
    load_options options;
    std::shared_ptr<plugin_cell> cell;
    plugin_actor actor;
    plugin_cell::options cell_options;
    std::optional<restart_policy> restarts;
    resolvable_plugin needs;
    std::size_t order = 0;
    bool busy = false;
    bool renews = false;                  ///< A reload is under way, during which it serves.
    std::optional<plugin_trouble> crash;  ///< It crashed meanwhile.
  };
  struct given_up_plugin {
    std::string name;
    plugin_actor actor;
  };
  enum class stage : std::uint8_t { running, unloading, waiting, ended };
  using step = std::function<void()>;

  /// What a load needs, when nothing speaks against it.
  struct plan {
    plugin_factory factory;
    plugin_cell::options cell;
    resolvable_plugin needs;
    json config;
    std::string code_sha256;  ///< Once its code is open.
  };
  result<plan> planned(const load_options& options) const;
  void show(entry& e, const load_options& options, const plan& p) const;
  std::shared_ptr<plugin_cell> make_cell(const std::string& plugin, const plugin_cell::options& how) const;
  plugin_setup setup_of(const plan& p, std::shared_ptr<plugin_cell> cell) const;
  void finish_load(const std::string& plugin, reply done);
  enum class ran : std::uint8_t { nothing, on_load };
  static std::string why(const std::string& hook, const call_outcome& outcome);
  void fail(const std::string& plugin, ec code, std::string why, ran hooks, reply done);
  /// Leaves a plugin to itself: it gets nothing any more, and its actor ends when its code returns.
  void give_up(const entry& e);
  void withdraw(const entry& e, step then);
  void drain(const entry& e, step then);
  void end_actor(const std::string& plugin, std::function<void(std::string why_not)> then);
  void take_down(const std::string& plugin, reply done);
  void disable_alone(const std::string& plugin, reply done);
  /// Has a plugin go on with these options: while it serves, if it does; else it is unloaded and loaded, disabled if it
  /// was.
  void renew(load_options options, reply done);
  /// Unloads what is there of this name, and loads it with these options.
  void replace(load_options options, reply done);
  /// The steps of a reload of a plugin that serves. It is claimed, and serves on if one of them fails.
  void prepare(const std::string& plugin, load_options options, plan p, reply done);
  void take_over(const std::string& plugin, const load_options& options, const plan& p, reply done);
  void retire(const std::string& plugin, reply done);
  enum class tables : std::uint8_t { as_before, as_they_are };
  void abandon(const std::string& plugin, error why, tables after, reply done);
  /// Gives a plugin that serves, and is claimed, another configuration.
  void reconfigure(const std::string& plugin, load_options options, json config, reply done);
  void went_down(const caf::down_msg& down);

  /// Answers the reply and is true once the runtime stops.
  bool refused(const reply& done) const;
  void go_on_stopping();
  void await_given_up();
  void answer_stops();

  /// Those that are up, as far as what they need goes.
  std::vector<resolvable_plugin> present_needs() const;
  /// Why a plugin that is present could not be this one any more, as others need it as it is; empty when it could.
  std::string why_not_instead(const resolvable_plugin& plugin) const;
  /// Why what a plugin needs is not there; empty when it is.
  std::string why_not_now(const resolvable_plugin& plugin) const;
  /// Does it to a plugin, and to those that need it before, unless they forbid it.
  using step_of_one = void (plugin_table::*)(const std::string& plugin, reply done);
  void with_dependents(const std::string& plugin, dependents others, const char* what, step_of_one step, reply done);
  /// Loads the plugins of a start, each when those that it needs are up.
  class starter;

  void set_state(entry& e, plugin_state state);
  loaded_plugin snapshot(const entry& e) const;
  static error no_such_plugin(const std::string& plugin);
  static error not_installed(const std::string& plugin);
  /// The entry, ready for an operation; or the error to answer.
  result<entry*> claim(const std::string& plugin);
  void release(entry& e, const reply& done);

  void let_go_of_the_rest(const entry& e);
  void put_in_quarantine(entry& e, const std::string& pattern);
  void after_crash(entry& e, const std::string& why);
  /// Not to be restarted: withdraws and unloads it, and counts it as failed, over a restart of the host too.
  void give_up_on(entry& e, const std::string& why);
  void record_failure(const entry& e, const std::string& given_up);
  void forget_failures(const std::string& plugin);
  void show_given_up(const load_options& options, const std::string& why);
  void disable_restarting(const std::string& plugin, reply done);

  static error does_not_fit(const std::string& plugin, const error& why);
  bool has_database() const { return static_cast<bool>(setup_.database); }
  void query(sql_statement statement, std::function<void(result<sql_result>)> then);
  /// Answers with `now` once the statement is committed.
  void record(sql_statement statement, loaded_plugin now, reply done);
  /// How to load a plugin: as the database has it, else as it was loaded last.
  void look_up(const std::string& plugin, std::function<void(result<load_options>)> then);
  void disable_installed(const std::string& plugin, reply done);
  loaded_plugin as_installed(const installed_plugin& row) const;
  void change_config(const std::string& plugin, const json& config, const config_origin& origin, const reply& done);
  void configure_present(const std::string& plugin, const json& config, const std::optional<installed_plugin>& row,
                         const config_origin& origin, const reply& done);
  void configure_installed(const installed_plugin& row, const json& config, const config_origin& origin,
                           const reply& done);
  /// Loads a plugin as it was before a change that failed, and has that recorded again: the revision of the change is
  /// taken back, as it was never in force.
  void go_back(load_options before, const std::optional<installed_plugin>& row, int failed, const error& why,
               const reply& done);
  /// What the database has, as the plugin gets it. Error conflict for secrets that were sealed with another key.
  result<load_options> options_of(const installed_plugin& row) const;
  /// Seals what the database has in the clear, now and in the history.
  void seal_stored(const installed_plugin& row);
  void log_skipped(const std::string& plugin, const error& why) const;
  /// Empty where its code, and so its schema, is not there.
  json schema_of(const std::string& plugin) const;
  std::optional<json> known_schema(const std::string& plugin) const;
  /// A recorded configuration without its secrets.
  json masked(const std::string& plugin, const json& config) const;
  /// What the database gets of a configuration: what it has, where that is the same but for being sealed.
  json as_recorded(const std::string& plugin, const json& config, const json& schema,
                   const std::optional<installed_plugin>& before) const;
  /// Answers with its revision; 0 where there is no row, or no database.
  void record_config(const std::string& plugin, const json& config, const std::optional<installed_plugin>& before,
                     const config_origin& origin, std::function<void(result<int>)> then);
  void install_recorded(const std::string& plugin, json config, bool enable, const std::string& who,
                        const std::optional<installed_plugin>& before, const reply& done);
  /// Takes back what an installation has recorded.
  void restore_record(const std::string& plugin, const std::optional<installed_plugin>& before, const error& why,
                      const reply& done);
  void record_code(const entry& e);
  void install_missing(std::function<void(result<void>)> then);
  void start_remembering(std::vector<load_options> wanted, std::function<void(result<std::uint32_t>)> done);
  void start_all(std::vector<load_options> wanted, std::function<void(result<std::uint32_t>)> done);

  void log(log_level level, std::string message, json data = nullptr) const;

  pointer self_ = nullptr;
  runtime_setup setup_;
  std::map<std::string, entry, std::less<>> plugins_;
  std::map<caf::actor_addr, given_up_plugin> given_up_;                        ///< Until their actors have ended.
  std::map<std::string, std::vector<timestamp>, std::less<>> crashes_before_;  ///< Of a former run, while they count.
  std::size_t next_order_ = 0;
  stage stage_ = stage::running;
  std::vector<stop_reply> stop_replies_;
};

runtime_actor::behavior_type runtime_behavior(plugin_table::pointer self, runtime_setup setup);

}  // namespace streamspace
