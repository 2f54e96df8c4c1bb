#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <streamspace/messages/caf/type_ids.hpp>

namespace streamspace {

/// The table of plugins. A plugin is named by its name or, where there is a database, by its number there. Every answer
/// that changes something comes when it is done. Errors: not_found, conflict (the
/// plugin is busy or in the wrong state), plugin_failed (what its code said), timeout.
using runtime_actor = caf::typed_actor<
    /// Loads a plugin with this configuration; on_enable follows when the options say so.
    caf::replies_to<atom::load, load_options>::with<loaded_plugin>,
    /// Loads a plugin as the database describes it.
    caf::replies_to<atom::load, std::string>::with<loaded_plugin>,
    /// Drains, disables and unloads. Here and below, a plugin that others need is refused (conflict, naming them), or
    /// they go first.
    caf::replies_to<atom::unload, std::string, dependents>::with<loaded_plugin>,
    /// Unloads and loads again with the configuration that the database holds now (or the one before, without a
    /// database).
    caf::replies_to<atom::reload, std::string>::with<loaded_plugin>,
    /// Enables a loaded plugin, or loads it from the database; recorded.
    caf::replies_to<atom::enable, std::string>::with<loaded_plugin>,
    /// Drains and disables a loaded plugin; recorded.
    caf::replies_to<atom::disable, std::string, dependents>::with<loaded_plugin>,
    /// Records a plugin that is available as installed, with this configuration (JSON text; empty: the one it had, or
    /// none), enabled or not, and loads it if so. One that is installed already is replaced by what is there now. When
    /// it cannot be loaded, the record is as it was before, and the answer is the error. The last text, here and below,
    /// is who does it, for the history of the plugin's configurations; empty when nobody is signed in.
    caf::replies_to<atom::install, std::string, std::string, bool, std::string>::with<loaded_plugin>,
    /// Unloads a plugin and removes its record; its data stays.
    caf::replies_to<atom::uninstall, std::string, dependents>::with<loaded_plugin>,
    /// Sets a plugin's configuration, which is JSON text, records it, and reloads the plugin if it is loaded. A secret
    /// that is "***" stays as it is. When a plugin that ran cannot be loaded so, it goes on with the configuration it
    /// had, which stays recorded, and the answer is the error.
    caf::replies_to<atom::change, std::string, std::string, std::string>::with<loaded_plugin>,
    /// The same with the configuration that it had as this revision. Errors besides: not_found for a revision that the
    /// history does not have, invalid_argument when it does not fit the plugin any more, conflict when that cannot be
    /// told or its secrets were sealed with another key, unavailable without a database.
    caf::replies_to<atom::revert, std::string, int, std::string>::with<loaded_plugin>,
    /// The configurations that an installed plugin had, the newest first, with "***" for their secrets. Error
    /// unavailable without a database.
    caf::replies_to<atom::history, std::string>::with<std::vector<config_revision>>,
    /// Brings the plugin's subscriptions with this pattern out of quarantine. Error not_found when none is in it.
    caf::replies_to<atom::release, std::string, std::string>::with<loaded_plugin>,
    /// From the plugin of this name: what its supervisor has to see to.
    caf::reacts_to<atom::trouble, std::string, plugin_trouble>,
    /// From itself, when a crashed plugin has waited for its restart: the plugin, and which of that name.
    caf::reacts_to<atom::restart, std::string, std::uint64_t>,
    caf::replies_to<atom::find, std::string>::with<loaded_plugin>,
    /// All plugins in the table, in the order in which they were loaded; failed ones too.
    caf::replies_to<atom::list>::with<std::vector<loaded_plugin>>,
    /// What could be loaded, by name, and what looked like it and is rejected.
    caf::replies_to<atom::available>::with<std::vector<available_plugin>>,
    /// Loads every plugin that the database says is enabled; how many came up. A broken one is logged and skipped.
    caf::replies_to<atom::start>::with<std::uint32_t>,
    /// Unloads everything in reverse order, then refuses further work; the names of plugins whose code did not return
    /// in time.
    caf::replies_to<atom::stop>::with<std::vector<std::string>>>;

/// Looks through the directories of plugins; answers what could be loaded, as the table does.
using discovery_actor = caf::typed_actor<caf::replies_to<atom::discover>::with<std::vector<available_plugin>>>;

/// Users and sessions of the host platform. Each change is committed, then its event is emitted, then it is answered;
/// the events of one user or session are emitted in the order of their commits. Errors: not_found, already_exists,
/// conflict, invalid_argument, unauthenticated, database_*.
using platform_actor = caf::typed_actor<caf::replies_to<atom::create, user_draft>::with<user>,
                                        caf::replies_to<atom::find, atom::user, std::string>::with<user>,
                                        caf::replies_to<atom::list, page_request>::with<user_page>,
                                        caf::replies_to<atom::change, std::string, user_changes>::with<user>,
                                        caf::replies_to<atom::remove, atom::user, std::string>::with<user>,
                                        caf::replies_to<atom::login, credentials>::with<user>,
                                        caf::replies_to<atom::logout, std::string>::with<user>,

                                        caf::replies_to<atom::create, session_draft>::with<session>,
                                        caf::replies_to<atom::find, std::string>::with<session>,
                                        caf::replies_to<atom::list, session_filter, page_request>::with<session_page>,
                                        caf::replies_to<atom::change, std::string, session_changes>::with<session>,
                                        caf::replies_to<atom::remove, std::string>::with<session>,
                                        caf::replies_to<atom::act, std::string, session_action>::with<session>>;

/// Events that did not get through, those in memory and those in the database as one. A letter is removed only when its
/// subscription's inbox has taken its event again, or somebody discards it; of several who want the same one gets it.
/// Errors: not_found; conflict, while somebody else sends the same letter again, or when its subscription is in
/// quarantine; unavailable, when its subscription does not take it now; invalid_argument, for a filter whose limit is
/// out of range; timeout, database_*.
using dead_letter_actor =
    caf::typed_actor<caf::replies_to<atom::list, dead_letter_filter>::with<dead_letter_page>,
                     caf::replies_to<atom::find, std::uint64_t>::with<dead_letter>,
                     /// Sends a letter's event to its subscription again; the letter as it was.
                     caf::replies_to<atom::redrive, std::uint64_t>::with<dead_letter>,
                     /// The same for all that the filter means, from the oldest on, as many as its limit says.
                     caf::replies_to<atom::redrive, dead_letter_filter>::with<redrive_report>,
                     /// Discards a letter, or what the filter means from the oldest on; how many.
                     caf::replies_to<atom::remove, std::uint64_t>::with<std::uint64_t>,
                     caf::replies_to<atom::remove, dead_letter_filter>::with<std::uint64_t>,
                     /// Writes what is in memory only to the database, as far as that goes, and answers. Nothing else
                     /// may follow.
                     caf::reacts_to<atom::stop>>;

/// The log of durable events and who follows it, of all hosts of the database. Errors: invalid_argument for a filter
/// that means nothing; timeout, database_*.
using event_log_actor =
    caf::typed_actor<caf::replies_to<atom::list, event_log_filter>::with<event_log_page>,
                     caf::replies_to<atom::follow>::with<std::vector<durable_subscription>>,
                     /// Gives up one durable subscription of a plugin, by its name; whether there was one.
                     caf::replies_to<atom::remove, std::string, std::string>::with<bool>>;

}  // namespace streamspace
