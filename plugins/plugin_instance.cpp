#include <array>

#include <streamspace/plugins/plugin_instance.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {

namespace {

using session_hook = void (plugin_handler::*)(plugin_context&, const session&);
using user_hook = void (plugin_handler::*)(plugin_context&, const user&);

constexpr std::array<session_hook, 6> session_hooks{
    &plugin_handler::on_session_created,    &plugin_handler::on_session_started, &plugin_handler::on_session_stopped,
    &plugin_handler::on_session_hibernated, &plugin_handler::on_session_woken,   &plugin_handler::on_session_deleted};
constexpr std::array<user_hook, 5> user_hooks{&plugin_handler::on_user_created, &plugin_handler::on_user_updated,
                                              &plugin_handler::on_user_deleted, &plugin_handler::on_user_login,
                                              &plugin_handler::on_user_logout};

/// Calls the hook with the typed payload; an event that was emitted as plain JSON is read into one first.
template <class T, class Hook>
void call_hook(plugin_handler& handler, plugin_context& ctx, Hook hook, const event& e) {
  if (const auto* typed = e.get_if<T>()) return (handler.*hook)(ctx, *typed);
  (handler.*hook)(ctx, e.data().template get<T>());
}

response run_chain(const plugin_route& route, std::size_t next, const request& rq) {
  if (next == route.chain.size()) return route.handler(rq);
  return route.chain[next](rq, [&route, next](const request& passed) { return run_chain(route, next + 1, passed); });
}

call_outcome outcome_of_current_exception() {
  try {
    throw;
  } catch (const plugin_crash& e) {
    return {delivery_outcome::error, {}, e.message(), true};
  } catch (const error& e) {
    return {delivery_outcome::error, {}, e.message()};
  } catch (...) {
    auto text = describe_current_exception();
    return {delivery_outcome::exception, std::move(text.type), std::move(text.what)};
  }
}

}  // namespace

plugin_instance::plugin_instance(plugin_factory factory, json config, plugin_services services, registration_sink& sink)
    : factory_{std::move(factory)}, sink_{sink}, context_{factory_.manifest, std::move(config), std::move(services)} {}

plugin_instance::~plugin_instance() {
  destroy_handler();
}

template <class Call>
call_outcome plugin_instance::guarded(Call&& call, const event* cause) {
  const plugin_context::turn turn{context_, cause};
  auto& registered = turn.registered();
  try {
    call();
    if (published_ && registered.changed()) registered.commit(sink_);
    return {};
  } catch (...) {
    if (published_) registered.rollback();
    return outcome_of_current_exception();
  }
}

void plugin_instance::subscribe_hooks() {
  auto& registered = context_.registered("a hook");
  const auto subscribe = [&](std::size_t bit, auto call) {
    if ((factory_.hooks >> bit) & 1U) registered.subscribe(std::string{event_types::all[bit]}, std::move(call));
  };
  for (std::size_t i = 0; i < session_hooks.size(); ++i)
    subscribe(i, [this, i](const event& e) { call_hook<session>(*handler_, context_, session_hooks[i], e); });
  for (std::size_t i = 0; i < user_hooks.size(); ++i)
    subscribe(session_hooks.size() + i,
              [this, i](const event& e) { call_hook<user>(*handler_, context_, user_hooks[i], e); });
}

/// What it gave to be called may refer to it.
void plugin_instance::destroy_handler() {
  context_.awaited().give_up();
  context_.watches().give_up();
  handler_.reset();
}

call_outcome plugin_instance::load() {
  auto outcome = guarded([this] {
    handler_ = factory_.create();
    if (!handler_) throw error{ec::plugin_failed, "the factory of plugin " + context_.name() + " made nothing"};
    context_.registered("load").set_scope(registrations::scope::load);
    subscribe_hooks();
    handler_->on_load(context_);
  });
  // A plugin whose on_load failed never was; nothing else of it is called but its destructor.
  if (!outcome.ok()) static_cast<void>(guarded([this] { destroy_handler(); }));
  return outcome;
}

call_outcome plugin_instance::enable(publishing what) {
  return guarded([this, what] {
    auto& registered = context_.registered("enable");
    registered.set_scope(registrations::scope::enable);
    if (what == publishing::everything) registered.touch_all();
    try {
      handler_->on_enable(context_);
      registered.commit(sink_);
    } catch (...) {
      // Before the first publication there is no commit to roll back to.
      if (!published_) registered.drop(registrations::scope::enable);
      throw;
    }
    published_ = enabled_ = true;
    context_.watches().open(true);
  });
}

call_outcome plugin_instance::disable() {
  context_.watches().open(false);
  auto taken_back = guarded([this] {
    auto& registered = context_.registered("disable");
    registered.drop(registrations::scope::enable);
    registered.commit(sink_);
  });
  enabled_ = false;
  auto outcome = guarded([this] { handler_->on_disable(context_); });
  return outcome.ok() ? taken_back : outcome;
}

call_outcome plugin_instance::unload() {
  published_ = false;
  call_outcome first;
  const auto run = [&](auto step) {
    if (auto outcome = guarded(step); first.ok()) first = std::move(outcome);
  };
  if (std::exchange(enabled_, false)) run([this] { handler_->on_disable(context_); });
  if (handler_) run([this] { handler_->on_unload(context_); });
  run([this] { destroy_handler(); });
  return first;
}

call_outcome plugin_instance::has_ended() const {
  return {delivery_outcome::terminated, {}, "plugin " + context_.name() + " has ended"};
}

call_outcome plugin_instance::handle(const subscription& target, const event& e) {
  if (!target.active) return {};
  if (!handler_) return has_ended();
  if (!target.once) return guarded([&] { target.handler(e); }, &e);
  auto outcome = guarded([&] { target.handler(e); }, &e);
  auto given_up = guarded([&] { context_.registered("a hook").unsubscribe(target); });
  return outcome.ok() ? given_up : outcome;
}

call_outcome plugin_instance::run(const std::function<void()>& task) {
  if (!handler_) return {};
  return guarded(task);
}

plugin_instance::answered plugin_instance::handle(const plugin_route& target, const request& rq) {
  answered result;
  if (!handler_) {
    result.outcome = has_ended();
    result.answer = response::problem(503, to_string(ec::unavailable), result.outcome.what);
    return result;
  }
  result.outcome = guarded([&] {
    try {
      result.answer = run_chain(target, 0, rq);
    } catch (const error& e) {
      result.answer = response::from_error(e);
      // A refusal of the caller's input is the handler's answer, not its failure; what it registered stands.
      if (result.answer.status >= 500) throw;
    } catch (...) {
      result.answer = response::problem(500, to_string(ec::plugin_failed),
                                        "the handler of plugin " + context_.name() + " failed; its log says why");
      throw;
    }
  });
  return result;
}

}  // namespace streamspace
