#pragma once

#include <functional>
#include <memory>
#include <string>

#include <streamspace/messages/delivery.hpp>
#include <streamspace/plugins/sdk/plugin_context.hpp>
#include <streamspace/plugins/sdk/plugin_factory.hpp>

namespace streamspace {

/// What one call into a plugin's code came to.
struct call_outcome {
  delivery_outcome outcome = delivery_outcome::handled;
  std::string exception_type;
  std::string what;
  bool crashed = false;       ///< It threw plugin_crash.
  bool refused = false;       ///< The plugin cannot run here, and `what` says why.
  std::string code_sha256{};  ///< After a load: of the file of the plugin's code; empty where it has none of its own.

  bool ok() const noexcept { return outcome == delivery_outcome::handled; }
};

/// One loaded plugin: its handler, its context, and the rule that what a hook registers is published when it returns
/// and forgotten when it throws. Free of actors and threads of its own: whoever takes the plugin's turns calls it, one
/// call at a time. Nothing that plugin code throws leaves it.
class plugin_instance {
 public:
  /// The sink outlives the instance.
  plugin_instance(plugin_factory factory, json config, plugin_services services, registration_sink& sink);
  ~plugin_instance();

  /// Makes the handler and runs on_load. Nothing is published yet.
  call_outcome load();
  /// `everything` also publishes kinds of which nothing is registered: there may be some of another instance in force.
  /// When that fails, some of this one's may be.
  enum class publishing : std::uint8_t { changes, everything };
  /// Runs on_enable and publishes all that is registered. When it fails, what on_enable registered is forgotten; it may
  /// be called again.
  call_outcome enable(publishing what = publishing::changes);
  /// Takes back what was registered since enable(), then runs on_disable.
  call_outcome disable();
  /// Runs on_disable if it is enabled, then on_unload, and destroys the handler. What is registered is not taken back:
  /// whoever unloads withdraws it before.
  call_outcome unload();

  /// What it hands over to the instance that takes its place.
  struct saved {
    call_outcome outcome;
    saved_state state;
  };
  saved save_state();
  /// In an instance that is loaded and not enabled yet.
  call_outcome restore_state(const saved_state& from);
  /// Another instance serves the plugin's events and requests from now on: its routes are that one's, and what it waits
  /// for is given up. unload() may follow on any thread.
  void step_aside();
  /// Publishes all it has registered once more, after another instance has.
  call_outcome publish_again();
  /// Takes back the migrations of its database that it has applied, when it is not to serve.
  call_outcome take_back_migrations();
  /// Gives the plugin another configuration while it is enabled.
  call_outcome reconfigure(const json& config);

  /// One event for one subscription. Passed over (handled) when the subscription was given up meanwhile.
  /// A subscription for once is given up then, whatever came of it.
  call_outcome handle(const subscription& target, const event& e);
  /// One request for one route, through its middleware. A route of an instance before this one stands for this one's
  /// of the same method and path; 404 when it has none. A throwing handler gives a problem document and an outcome that
  /// says so. `answer` is called, unless the handler has taken it to answer later.
  call_outcome handle(const plugin_route& target, const request& rq, responder& answer);

  /// A call of a service that the plugin offers. An error that it throws is the answer, and a failure only where it
  /// says nothing against the caller, as it is with requests.
  struct served {
    result<void> answer;
    call_outcome outcome;
  };
  served serve(const service_request& what);

  /// What the plugin wanted to have done later, called as a handler is. Passed over (handled) when it has ended.
  call_outcome run(const std::function<void()>& task);

  plugin_context& context() noexcept { return context_; }

 private:
  template <class Call>
  call_outcome guarded(Call&& call, const event* cause = nullptr, responder* answer = nullptr);
  void make_handler();
  response run_successor(const plugin_route& former, const request& rq);
  void subscribe_hooks();
  void destroy_handler();
  call_outcome has_ended() const;

  plugin_factory factory_;
  registration_sink& sink_;
  std::shared_ptr<const void> code_;  ///< Outlives all that the plugin's code made.
  plugin_context context_;
  std::unique_ptr<plugin_handler> handler_;
  event_hooks hooks_ = all_event_hooks;
  std::string code_sha256_;
  bool published_ = false;  ///< Whether hooks publish what they register when they return.
  bool enabled_ = false;
};

}  // namespace streamspace
