#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <caf/all.hpp>

#include <streamspace/plugins/actor_sdk/plugin_actors.hpp>
#include <streamspace/plugins/actor_sdk/plugin_messages.hpp>
#include <streamspace/plugins/sdk/plugin_abi.hpp>

namespace streamspace {

namespace detail {

/// An actor that has its turns in the plugin's.
template <class Base>
class in_turn final : public Base {
 public:
  in_turn(caf::actor_config& how, std::shared_ptr<turn_unit> unit) : Base{how}, unit_{std::move(unit)} {
    this->set_default_handler([its = unit_.get()](caf::scheduled_actor*, caf::message_view& what) {
      its->unmatched(what);
      return caf::result<caf::message>{caf::sec::unexpected_message};
    });
    this->set_exception_handler([its = unit_.get()](caf::scheduled_actor*, std::exception_ptr& what) -> caf::error {
      its->failed(nullptr, what);
      return caf::sec::runtime_error;
    });
  }

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    Base::enqueue(std::move(what), unit_.get());
  }

  /// What it throws at a message is a failure of the plugin, as a handler's is, and not its end.
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    try {
      return Base::consume(what);
    } catch (...) {
      unit_->failed(&what, std::current_exception());
      if (what.mid.is_request() && what.sender)
        what.sender->enqueue(nullptr, what.mid.response_id(), caf::make_message(caf::error{caf::sec::runtime_error}),
                             this->context());
      return caf::invoke_message_result::consumed;
    }
  }

 private:
  std::shared_ptr<turn_unit> unit_;
};

/// An actor with a thread of its own.
template <class Base>
class apart final : public Base {
 public:
  apart(caf::actor_config& how, std::shared_ptr<turn_unit> unit) : Base{how}, unit_{std::move(unit)} {
    this->set_exception_handler([its = unit_.get()](caf::scheduled_actor*, std::exception_ptr& what) -> caf::error {
      its->failed_apart(what);
      return caf::sec::runtime_error;
    });
  }

 private:
  std::shared_ptr<turn_unit> unit_;
};

inline caf::behavior plain(caf::behavior made) {
  return made;
}
template <class... Signatures>
caf::behavior plain(caf::typed_behavior<Signatures...> made) {
  return std::move(made.unbox());
}

/// Calls it with the actor in front, if that is what it takes.
template <class Actor, class Function, class... Args>
caf::behavior behavior_of(Function& function, caf::local_actor* self, Args&... args) {
  const auto call = [&]() -> decltype(auto) {
    if constexpr (std::is_invocable_v<Function&, Actor*, Args&...>)
      return std::invoke(function, static_cast<Actor*>(self), args...);
    else
      return std::invoke(function, args...);
  };
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return {};
  } else {
    return plain(call());
  }
}

/// Made, but not launched.
template <class Whole, class Function, class... Args>
caf::strong_actor_ptr made_actor(plugin_actors& of, int flags, Function function, Args&&... args) {
  using base = typename caf::infer_handle_from_fun<Function>::impl;
  caf::actor_config how{of.unit().get()};
  how.flags |= flags;
  how.init_fun = caf::actor_config::init_fun_type{
      [function = std::move(function),
       args = std::make_tuple(std::forward<Args>(args)...)](caf::local_actor* self) mutable -> caf::behavior {
        return std::apply([&](auto&... each) { return behavior_of<base>(function, self, each...); }, args);
      }};
  actor_block block{of.system(), sizeof(Whole), of.context().code(),
                    [](caf::abstract_actor* actor) { std::destroy_at(static_cast<Whole*>(actor)); }};
  static_assert(alignof(Whole) <= CAF_CACHE_LINE_SIZE);
  auto* const actor = ::new (block.place()) Whole{how, of.unit()};
  static_cast<void>(actor);
  return block.take();
}

}  // namespace detail

/// Has an actor handle what a plugin subscribes to or serves: `ctx.events().on("session.*", to(self))`,
/// `ctx.api().get("/seen", to(self))`. It gets an event as `const event&`; a request as `const request&`, for which it
/// returns a response, JSON or text, or promises one (make_response_promise). What it throws is the handler's failure,
/// and it goes on; so is an event for which its behavior has nothing. Once it has ended, what comes is a crash.
class forwarded {
 public:
  forwarded(plugin_actors& of, caf::actor_addr to, bool demanded = true) noexcept
      : of_{&of}, to_{std::move(to)}, demanded_{demanded} {}

  void operator()(const event& e) const {
    if (!of_->send(to_, e) && demanded_)
      throw error{ec::plugin_failed, "the actor's behavior has nothing for an event (const streamspace::event&)"};
  }
  response operator()(const request& rq) const { return of_->ask(to_, rq); }

 private:
  plugin_actors* of_;
  caf::actor_addr to_;
  bool demanded_;
};

inline forwarded to(plugin_context& ctx, const caf::abstract_actor* self) {
  return {plugin_actors::of(ctx), self->address()};
}
template <class Handle>
requires std::convertible_to<Handle, caf::strong_actor_ptr> || requires(const Handle& h) {
  h.address();
}
forwarded to(plugin_context& ctx, const Handle& actor) {
  return {plugin_actors::of(ctx), caf::actor_cast<caf::actor_addr>(actor)};
}

/// An actor that belongs to the plugin: `function` takes the actor itself, if it wants to, and the arguments
/// (std::ref for references), and returns the behavior, as caf::actor_system::spawn has it. It has its turns in the
/// plugin's, so nothing of the plugin runs beside it, it needs no mutex, and one that blocks holds up the plugin and
/// nobody else. What it throws at a message is a failure of the plugin, and it goes on; its end for another reason than
/// normal is one too. It ends before the plugin does, and when nobody has a handle of it any more. In turn only.
/// Errors: what it throws as it begins; unavailable.
template <class Function, class... Args>
auto plugin_context::spawn(Function behavior, Args&&... args) {
  demand_turn("spawn");
  using traits = caf::infer_handle_from_fun<Function>;
  auto& all = plugin_actors::of(*this);
  const auto made = detail::made_actor<detail::in_turn<typename traits::impl>>(all, 0, std::move(behavior),
                                                                               std::forward<Args>(args)...);
  all.begin(made, plugin_actors::place::in_turn, turn_unit::role::helper);
  return caf::actor_cast<typename traits::type>(made);
}

/// The same on a thread of its own, beside the plugin's turns: for work that blocks. It may call of the context what
/// may be called from any thread. It ends at what it throws. Unloading the plugin waits until it returns from the
/// message that it handles.
template <class Function, class... Args>
auto spawn_apart(plugin_context& ctx, Function behavior, Args&&... args) {
  static_cast<void>(ctx.registered("spawn_apart"));
  using traits = caf::infer_handle_from_fun<Function>;
  auto& all = plugin_actors::of(ctx);
  const auto made = detail::made_actor<detail::apart<typename traits::impl>>(
      all, caf::abstract_actor::is_detached_flag, std::move(behavior), std::forward<Args>(args)...);
  all.begin(made, plugin_actors::place::own_thread, turn_unit::role::helper);
  return caf::actor_cast<typename traits::type>(made);
}

/// A plugin that is an actor: its Function takes the actor itself, if it wants to, and the context, and returns the
/// behavior. It registers with the context what it wants to hear and serve, to(ctx, self) as the handler or any other
/// function. One that registers nothing hears every event, as far as it has a behavior for it, and is asked for every
/// request below the plugin's root. It may also have something for
///
///   state_request -> json            what the next version is to go on with (plugin_handler::save_state)
///   const saved_state&               what the version before has handed over, before the first event
///   const config_change&             as plugin_handler::on_config_changed
///
/// Its end, whatever the reason, is a crash of the plugin, after which a new one takes its place.
template <auto Function>
class actor_plugin final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    using base = typename caf::infer_handle_from_fun<decltype(Function)>::impl;
    auto& all = plugin_actors::of(ctx);
    leader_ = [&] {
      using whole = detail::in_turn<base>;
      if constexpr (std::is_invocable_v<decltype(Function), base*, plugin_context&> ||
                    std::is_invocable_v<decltype(Function), plugin_context&>)
        return detail::made_actor<whole>(all, 0, Function, std::ref(ctx));
      else
        return detail::made_actor<whole>(all, 0, Function);
    }();
    all.begin(leader_, plugin_actors::place::in_turn, turn_unit::role::leader);
    if (ctx.registered("on_load").changed()) return;
    const forwarded everything{all, leader_->address(), false};
    ctx.events().on(">", everything);
    for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
      for (const auto* path : {"/", "/*path"})
        ctx.api().register_endpoint({.method = method, .path = path, .handler = everything});
  }

  json save_state(plugin_context& ctx) override { return plugin_actors::of(ctx).state_of(leader_->address()); }
  void restore_state(plugin_context& ctx, const saved_state& from) override {
    plugin_actors::of(ctx).send(leader_->address(), from);
  }
  void on_config_changed(plugin_context& ctx, const json& before, const json& after) override {
    plugin_actors::of(ctx).send(leader_->address(), config_change{before, after});
  }

 private:
  caf::strong_actor_ptr leader_;  ///< An actor that nobody can reach ends.
};

}  // namespace streamspace

/// Makes a function that returns a behavior the plugin of a shared object, at namespace scope of one of its source
/// files.
#define STREAMSPACE_ACTOR_PLUGIN(function) STREAMSPACE_PLUGIN(::streamspace::actor_plugin<&function>)
