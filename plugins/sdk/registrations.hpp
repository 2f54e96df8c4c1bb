#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/durable_options.hpp>
#include <streamspace/messages/event.hpp>
#include <streamspace/messages/event_filter.hpp>
#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/overflow_policy.hpp>
#include <streamspace/messages/ui_component.hpp>
#include <streamspace/plugins/sdk/service_port.hpp>

namespace streamspace {

using event_handler = std::function<void(const event&)>;
using route_handler = std::function<response(const request&)>;
/// Wraps a handler: call `next` to go on, or answer without it.
using middleware = std::function<response(const request&, const route_handler& next)>;

/// Where a subscription stands among those of its plugin, for as long as it stands there. It outlives the handler: the
/// one that a restarted plugin registers for the same pattern takes the place.
struct subscription_key {
  std::uint32_t place = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t generation = 0;

  friend bool operator==(const subscription_key&, const subscription_key&) = default;
};

/// What a plugin asked to hear. What every delivery looks at comes first, in one cache line.
struct alignas(64) subscription {
  bool once = false;
  std::atomic<bool> used_up{false};      ///< A `once` that has got its event.
  std::atomic<bool> quarantined{false};  ///< It has failed too often in a row, and gets no events.
  /// False as soon as it is given up: deliveries that are still queued are passed over. In turn only.
  bool active = true;
  unsigned failures_in_row = 0;  ///< In turn only.
  event_handler handler;
  subscription_key key;  ///< Given when it is published.
  int priority = 0;
  std::optional<event_filter> filter;
  std::optional<overflow_policy> overflow;  ///< Instead of the plugin's.
  std::string plugin;
  std::string pattern;
  /// The name and how, when it hears what the event log has instead of what is emitted.
  struct durability {
    std::string name;
    durable_options how;
  };
  std::optional<durability> durable;
};
using subscription_ptr = std::shared_ptr<subscription>;

/// A route of a plugin, as the plugin gave it.
struct plugin_route {
  bool active = true;  ///< False once another instance of its plugin serves requests. In turn only.
  std::string method;
  std::string path;  ///< Relative: "/send"
  route_handler handler;
  std::vector<middleware> chain;  ///< Called in this order around the handler.
  std::vector<std::string> permissions;
  std::string description;
};
using plugin_route_ptr = std::shared_ptr<plugin_route>;

struct storage_watch;
using storage_watch_ptr = std::shared_ptr<storage_watch>;

/// A service that a plugin offers to others.
struct service_offer {
  service_type type;
  std::shared_ptr<void> object;  ///< The service itself; may own nothing.
};

/// Takes the whole present set of one kind, replacing the one before. Blocks until it is in force.
class registration_sink {
 public:
  virtual ~registration_sink() = default;
  virtual void publish(const std::vector<subscription_ptr>& subscriptions) = 0;
  virtual void publish(const std::vector<plugin_route_ptr>& routes) = 0;
  virtual void publish(const std::vector<ui_component>& components) = 0;
};

/// All that one plugin has registered. Changes are made in the plugin's turn only and take effect together when the
/// hook that made them returns; when it throws, none of them does.
class registrations {
 public:
  /// What was registered since on_load lasts until unload, what was registered since on_enable until on_disable.
  enum class scope : std::uint8_t { load, enable };

  explicit registrations(std::string plugin) : plugin_{std::move(plugin)} {}

  /// What every handler that is registered from now on keeps in memory: the code that it is made of.
  void set_code(std::shared_ptr<const void> code) noexcept { code_ = std::move(code); }
  const std::shared_ptr<const void>& code() const noexcept { return code_; }

  /// Errors: invalid_argument for a bad pattern.
  subscription& subscribe(std::string pattern, event_handler handler);
  /// Gives up every subscription to exactly this pattern; returns how many.
  std::size_t unsubscribe(std::string_view pattern);
  /// Gives up this one.
  void unsubscribe(const subscription& which);

  /// Errors: invalid_argument for a bad method or path, already_exists when method and path are taken (parameter names
  /// do not count).
  plugin_route& add_route(plugin_route route);
  bool remove_route(std::string_view method, std::string_view path);
  /// The route of this method whose path is the same but for the names of its parameters; null when there is none.
  const plugin_route* route_like(const plugin_route& other) const;
  /// Another instance serves them from now on.
  void deactivate_routes();

  /// Errors: already_exists when the id is taken within the kind.
  void add_component(ui_component component);
  bool remove_component(ui_kind kind, std::string_view id);

  /// Keeps it for as long as it is registered. No sink hears of it.
  void add_watch(storage_watch_ptr watch);
  std::size_t remove_watches(std::string_view prefix);

  /// Offers a service while it is registered. No sink hears of it. Errors: invalid_argument when its type has no name
  /// that others could know, already_exists when one of this name is offered.
  void add_service(service_offer offer);
  /// Whether it was offered.
  bool remove_service(std::string_view type);
  /// What is offered under the name of this type; null when nothing is.
  const service_offer* find_service(std::string_view type) const;

  void set_scope(scope s) noexcept { scope_ = s; }
  /// Drops what belongs to this scope.
  void drop(scope s);

  /// Counts every kind as changed.
  void touch_all();
  /// Forgets every change since the last commit.
  void rollback();
  /// Hands the changed kinds over to the sink and makes the changes final. Nothing happens when there are none. When
  /// the sink throws, what it had taken already is taken back (unless somebody else publishes in its place), nothing is
  /// final, and the exception goes on.
  enum class if_it_fails : std::uint8_t { take_back, leave };
  void commit(registration_sink& sink, if_it_fails what = if_it_fails::take_back);
  bool changed() const noexcept {
    return subscriptions_.changed || routes_.changed || components_.changed || watches_.changed || services_.changed;
  }

 private:
  template <class T>
  struct entry {
    T value;
    scope lifetime;
  };

  /// The present items, and those of the last commit once something changed.
  template <class T>
  struct changing_list {
    std::vector<entry<T>> now;
    std::vector<entry<T>> before;
    bool changed = false;
    bool handed_over = false;  ///< The sink may have what is now, though the commit has not ended.

    std::vector<entry<T>>& change();
    template <class Predicate>
    std::size_t remove(Predicate goes);
    void roll_back();
    void hand_over(registration_sink& sink);
    void take_back(registration_sink& sink) noexcept;
    void settle();
  };

  std::string plugin_;
  std::shared_ptr<const void> code_;
  scope scope_ = scope::load;
  changing_list<subscription_ptr> subscriptions_;
  changing_list<plugin_route_ptr> routes_;
  changing_list<ui_component> components_;
  changing_list<storage_watch_ptr> watches_;
  changing_list<service_offer> services_;
};

}  // namespace streamspace
