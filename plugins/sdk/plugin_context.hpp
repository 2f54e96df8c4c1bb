#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <streamspace/messages/manifest.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>
#include <streamspace/plugins/sdk/plugin_api.hpp>
#include <streamspace/plugins/sdk/plugin_config.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>
#include <streamspace/plugins/sdk/plugin_events.hpp>
#include <streamspace/plugins/sdk/plugin_logger.hpp>
#include <streamspace/plugins/sdk/plugin_service.hpp>
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

  /// Offers an object to the plugins that depend on this one, under the type T: an interface, most often, in a header
  /// that both include. They call it in this plugin's turn (plugin_service.hpp), so it needs no mutex. Offered while
  /// the hook's registrations last, from when the hook returns. The object outlives that; one that is shared is kept.
  /// In turn only. Errors: already_exists for a second one of the type, invalid_argument for a type that has no name in
  /// other files, not_in_turn.
  template <class T>
  void provide(T& object) {
    offer(service_type_of<T>(), std::shared_ptr<void>{std::shared_ptr<void>{}, &object});
  }
  template <class T>
  void provide(std::shared_ptr<T> object) {
    offer(service_type_of<T>(), std::move(object));
  }
  /// Whether it was offered. In turn only.
  template <class T>
  bool withdraw() {
    return registered("withdraw").remove_service(typeid(T).name());
  }

  /// A service of another plugin, on which the manifest of this one depends: it has been loaded before. Asks it, so
  /// this blocks. Errors: invalid_argument when the manifest does not name it; those of service_port, not_found and
  /// unavailable among them.
  template <class T>
  service<T> require(std::string provider, std::chrono::milliseconds deadline = default_service_deadline) {
    return service<T>{linked(std::move(provider), service_type_of<T>(), deadline)};
  }
  /// The same for one that may be missing ("optionalDependencies"): nothing when the provider is not loaded or enabled,
  /// or offers no such service.
  template <class T>
  std::optional<service<T>> find(std::string provider, std::chrono::milliseconds deadline = default_service_deadline) {
    if (auto link = found(std::move(provider), service_type_of<T>(), deadline)) return service<T>{std::move(*link)};
    return std::nullopt;
  }
  static constexpr std::chrono::milliseconds default_service_deadline{5'000};

  /// Makes an actor that belongs to the plugin and ends with it; see actor_plugin.hpp, which has to be included.
  template <class Function, class... Args>
  auto spawn(Function behavior, Args&&... args);

  /// Runs a coroutine until it first waits or ends; it goes on in later turns. In turn only. Errors: what it throws
  /// before it waits, not_in_turn.
  void start(plugin_task task);

  /// The event that the running hook or handler was called for: a typed hook gets the payload only, here are the
  /// event's id, time and source. Null when the turn is not for an event (on_load, a route). In turn only.
  const event* current_event() const noexcept { return event_; }

  /// The promise to answer the request that the running handler was called for, to do that later, from any thread; what
  /// the handler returns is not sent then. In turn only. Error conflict when there is none, or it has been taken.
  responder take_responder();

  /// Marks the calling thread as the one that runs the plugin's code now, and what for. For whoever takes the plugin's
  /// turns.
  class turn {
   public:
    explicit turn(plugin_context& owner, const event* cause = nullptr, responder* answer = nullptr) noexcept
        : owner_{owner} {
      owner_.event_ = cause;
      owner_.responder_ = answer;
      owner_.turn_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      owner_.event_ = nullptr;
      owner_.responder_ = nullptr;
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

  /// For actor_plugin.hpp: what the plugin's actors live in (error unavailable when there is none), in whose turns, of
  /// which code; and the actors themselves, null before the first.
  caf::actor_system& actor_system() const;
  const std::shared_ptr<turn_port>& turns() const noexcept { return turns_; }
  const std::shared_ptr<const void>& code() const noexcept { return registrations_.code(); }
  std::shared_ptr<owned_actors>& actors() noexcept { return actors_; }

 private:
  friend class plugin_events;

  void demand_turn(std::string_view call) const;
  void offer(service_type type, std::shared_ptr<void> object);
  service_link link_to(std::string provider, service_type type, std::chrono::milliseconds deadline) const;
  service_link linked(std::string provider, service_type type, std::chrono::milliseconds deadline) const;
  std::optional<service_link> found(std::string provider, service_type type, std::chrono::milliseconds deadline) const;

  plugin_manifest manifest_;
  plugin_config config_;
  const std::shared_ptr<const std::string> source_;  ///< Of the plugin's events: its name.
  std::shared_ptr<event_port> event_port_;
  std::shared_ptr<event_log_port> event_log_;  ///< Null without a database.
  std::shared_ptr<turn_port> turns_;
  caf::actor_system* actor_system_;
  std::shared_ptr<owned_actors> actors_;
  std::shared_ptr<awaited_reports> awaited_;
  std::shared_ptr<service_port> peers_;
  std::shared_ptr<storage_watches> watches_;
  std::atomic<std::thread::id> turn_{};  ///< Only compared with a thread's own id, which no other thread stores.
  const event* event_ = nullptr;
  responder* responder_ = nullptr;  ///< Of the request that is handled, until a handler takes it.
  registrations registrations_;
  plugin_events events_;
  plugin_api api_;
  plugin_ui ui_;
  plugin_storage storage_;
  plugin_database database_;
  plugin_logger logger_;
};

}  // namespace streamspace
