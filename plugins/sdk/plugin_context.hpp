#pragma once

#include <atomic>
#include <string>
#include <thread>

#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>
#include <streamspace/plugins/sdk/plugin_api.hpp>
#include <streamspace/plugins/sdk/plugin_config.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>
#include <streamspace/plugins/sdk/plugin_events.hpp>
#include <streamspace/plugins/sdk/plugin_logger.hpp>
#include <streamspace/plugins/sdk/plugin_storage.hpp>
#include <streamspace/plugins/sdk/plugin_task.hpp>
#include <streamspace/plugins/sdk/plugin_ui.hpp>
#include <streamspace/plugins/sdk/ports.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>
#include <streamspace/plugins/sdk/storage_watches.hpp>

namespace streamspace {

/// What a plugin has of the platform. One for each load; it lives from before on_load until after on_unload, at one
/// address. Registering (events().on, api(), ui()) is done in the plugin's turn; the rest may be called from any
/// thread.
class plugin_context {
 public:
  plugin_context(plugin_manifest manifest, json config, plugin_services services);
  plugin_context(const plugin_context&) = delete;
  plugin_context& operator=(const plugin_context&) = delete;

  const std::string& name() const noexcept { return manifest_.name; }
  const plugin_manifest& manifest() const noexcept { return manifest_; }
  const plugin_config& config() const noexcept { return config_; }

  plugin_events& events() noexcept { return events_; }
  plugin_api& api() noexcept { return api_; }
  plugin_ui& ui() noexcept { return ui_; }
  plugin_storage& storage() noexcept { return storage_; }
  plugin_database& database() noexcept { return database_; }
  const plugin_logger& logger() const noexcept { return logger_; }

  /// Runs a coroutine until it first waits or ends; it goes on in later turns. In turn only. Errors: what it throws
  /// before it waits, not_in_turn.
  void start(plugin_task task);

  /// The event that the running hook or handler was called for: a typed hook gets the payload only, here are the
  /// event's id, time and source. Null when the turn is not for an event (on_load, a route). In turn only.
  const event* current_event() const noexcept { return event_; }

  /// Marks the calling thread as the one that runs the plugin's code now, and what for. For whoever takes the plugin's
  /// turns.
  class turn {
   public:
    explicit turn(plugin_context& owner, const event* cause = nullptr) noexcept : owner_{owner} {
      owner_.event_ = cause;
      owner_.turn_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      owner_.event_ = nullptr;
      owner_.turn_.store(std::thread::id{}, std::memory_order_relaxed);
    }

    registrations& registered() const noexcept { return owner_.registrations_; }

   private:
    plugin_context& owner_;
  };
  bool in_turn() const noexcept { return turn_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  /// Another configuration from now on. For whoever takes the plugin's turns, in turn.
  void set_config(json value) { config_.set(std::move(value)); }

  /// The plugin's registrations. Error not_in_turn outside of the plugin's turn.
  registrations& registered(std::string_view call);
  /// What the plugin waits for; for whoever ends it.
  awaited_reports& awaited() noexcept { return *awaited_; }
  /// Who is told of changes to the plugin's storage; the same.
  storage_watches& watches() noexcept { return *watches_; }

 private:
  friend class plugin_events;

  void demand_turn(std::string_view call) const;

  plugin_manifest manifest_;
  plugin_config config_;
  const std::shared_ptr<const std::string> source_;  ///< Of the plugin's events: its name.
  std::shared_ptr<event_port> event_port_;
  std::shared_ptr<event_log_port> event_log_;  ///< Null without a database.
  std::shared_ptr<awaited_reports> awaited_;
  std::shared_ptr<storage_watches> watches_;
  std::atomic<std::thread::id> turn_{};  ///< Only compared with a thread's own id, which no other thread stores.
  const event* event_ = nullptr;
  registrations registrations_;
  plugin_events events_;
  plugin_api api_;
  plugin_ui ui_;
  plugin_storage storage_;
  plugin_database database_;
  plugin_logger logger_;
};

}  // namespace streamspace
