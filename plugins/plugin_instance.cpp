#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/plugins/plugin_instance.hpp>
#include <streamspace/plugins/sdk/plugin_crash.hpp>
#include <streamspace/plugins/sdk/service_answers.hpp>

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

std::vector<std::string> params_of(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    if (const auto segment = path.substr(at + 1, end - at - 1); segment.starts_with(':') || segment.starts_with('*'))
      names.emplace_back(segment.substr(1));
    at = end;
  }
  return names;
}

/// Paths of one shape have their parameters at the same places.
void rename_params(name_values& params, std::string_view from, std::string_view to) {
  const auto before = params_of(from);
  const auto now = params_of(to);
  for (auto& [name, value] : params)
    if (const auto its = std::find(before.begin(), before.end(), name); its != before.end())
      name = now.at(static_cast<std::size_t>(its - before.begin()));
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
    call_outcome outcome{delivery_outcome::error, {}, e.message()};
    outcome.refused = e.code() == ec::plugin_incompatible;
    return outcome;
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
call_outcome plugin_instance::guarded(Call&& call, const event* cause, responder* answer) {
  const plugin_context::turn turn{context_, cause, answer};
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
    if ((hooks_ >> bit) & 1U) registered.subscribe(std::string{event_types::all[bit]}, std::move(call));
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
  if (const auto& actors = context_.actors()) actors->end();
  handler_.reset();
}

void plugin_instance::make_handler() {
  auto made = factory_.make();
  if (!made.handler) throw error{ec::plugin_failed, "the factory of plugin " + context_.name() + " made nothing"};
  code_ = std::move(made.code);
  handler_ = std::move(made.handler);
  hooks_ = made.hooks;
  code_sha256_ = std::move(made.code_sha256);
}

call_outcome plugin_instance::load() {
  if (auto made = guarded([this] { make_handler(); }); !made.ok()) return made;
  auto outcome = guarded([this] {
    auto& registered = context_.registered("load");
    registered.set_code(code_);
    registered.set_scope(registrations::scope::load);
    subscribe_hooks();
    handler_->on_load(context_);
  });
  // A plugin whose on_load failed never was; nothing else of it is called but its destructor.
  if (!outcome.ok()) static_cast<void>(guarded([this] { destroy_handler(); }));
  outcome.code_sha256 = code_sha256_;
  return outcome;
}

call_outcome plugin_instance::enable(publishing what) {
  return guarded([this, what] {
    auto& registered = context_.registered("enable");
    registered.set_scope(registrations::scope::enable);
    if (what == publishing::everything) registered.touch_all();
    try {
      handler_->on_enable(context_);
      registered.commit(sink_, what == publishing::everything ? registrations::if_it_fails::leave
                                                              : registrations::if_it_fails::take_back);
    } catch (...) {
      // Before the first publication there is no commit to roll back to.
      if (!published_) registered.drop(registrations::scope::enable);
      throw;
    }
    published_ = enabled_ = true;
    context_.watches().open(true);
    context_.database().keep_migrations();
  });
}

plugin_instance::saved plugin_instance::save_state() {
  saved result;
  result.state.version = context_.manifest().version;
  result.outcome = guarded([&] { result.state.data = handler_->save_state(context_); });
  return result;
}

call_outcome plugin_instance::restore_state(const saved_state& from) {
  return guarded([&] { handler_->restore_state(context_, from); });
}

void plugin_instance::step_aside() {
  static_cast<void>(guarded([this] {
    context_.registered("a reload").deactivate_routes();
    context_.awaited().give_up();
    context_.watches().give_up();
  }));
}

call_outcome plugin_instance::publish_again() {
  return guarded([this] { context_.registered("a reload").touch_all(); });
}

call_outcome plugin_instance::take_back_migrations() {
  return guarded([this] { context_.database().take_back_migrations(); });
}

call_outcome plugin_instance::reconfigure(const json& config) {
  const auto before = context_.config().raw();
  context_.set_config(config);
  auto outcome = guarded([&] { handler_->on_config_changed(context_, before, context_.config().raw()); });
  if (!outcome.ok()) context_.set_config(before);
  return outcome;
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

/// For a request that was on its way to the instance before this one.
response plugin_instance::run_successor(const plugin_route& former, const request& rq) {
  const auto* const route = context_.registered("a route").route_like(former);
  if (!route)
    return response::problem(404, to_string(ec::not_found),
                             "plugin " + context_.name() + " has no such route any more");
  if (route->permissions != former.permissions) {
    return response::problem(503, to_string(ec::unavailable), "plugin " + context_.name() + " was reloaded; try again")
        .header("Retry-After", "1");
  }
  auto renamed = rq;
  rename_params(renamed.params, former.path, route->path);
  return run_chain(*route, 0, renamed);
}

call_outcome plugin_instance::handle(const plugin_route& target, const request& rq, responder& answer) {
  if (!handler_) {
    auto ended = has_ended();
    answer(response::problem(503, to_string(ec::unavailable), ended.what));
    return ended;
  }
  response made;
  auto outcome = guarded(
      [&] {
        try {
          made = target.active ? run_chain(target, 0, rq) : run_successor(target, rq);
        } catch (const error& e) {
          made = response::from_error(e);
          // A refusal of the caller's input is the handler's answer, not its failure; what it registered stands.
          if (made.status >= 500) throw;
        } catch (...) {
          made = response::problem(500, to_string(ec::plugin_failed),
                                   "the handler of plugin " + context_.name() + " failed; its log says why");
          throw;
        }
      },
      nullptr, &answer);
  if (answer) answer(std::move(made));
  return outcome;
}

plugin_instance::served plugin_instance::serve(const service_request& what) {
  served result;
  if (!handler_) {
    result.outcome = has_ended();
    result.answer = failure(ec::unavailable, result.outcome.what);
    return result;
  }
  result.outcome = guarded([&] {
    const auto* const offer = context_.registered("a service").find_service(what.type.name);
    if (!offer) {
      result.answer = tl::unexpected<error>{not_offered(what)};
    } else if (offer->type.version != what.type.version) {
      result.answer = failure(ec::plugin_incompatible, "plugin " + context_.name() + " offers the service " +
                                                           offer->type.text() + ", and it is asked for " +
                                                           what.type.text() + "; rebuild the one that is behind");
    } else {
      try {
        what.run(offer->object.get());
      } catch (...) {
        result.answer = tl::unexpected<error>{thrown_by(what)};
        if (http_status_of(result.answer.error().code()) >= 500) throw;
      }
    }
  });
  // It did what it was asked for, but what it registered could not be published.
  if (!result.outcome.ok() && result.answer)
    result.answer = failure(ec::plugin_failed, "plugin " + context_.name() + ": " + result.outcome.what);
  return result;
}

}  // namespace streamspace
