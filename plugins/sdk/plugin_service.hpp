#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <streamspace/plugins/sdk/awaited_reports.hpp>
#include <streamspace/plugins/sdk/plugin_task.hpp>
#include <streamspace/plugins/sdk/service_port.hpp>

namespace streamspace {

/// The way from one plugin to a service of another, whatever its type. Any thread.
class service_link {
 public:
  using task = std::function<void(void*)>;
  using callback = std::function<void(result<void>)>;

  struct ends {
    std::string provider;
    service_type type;
    std::chrono::milliseconds deadline;
  };
  service_link(std::shared_ptr<service_port> port, std::shared_ptr<awaited_reports> awaited,
               std::shared_ptr<const void> code, ends between);

  const ends& between() const noexcept { return between_; }
  void set_deadline(std::chrono::milliseconds deadline) noexcept { between_.deadline = deadline; }

  result<void> call(task run) const;
  /// What begins the call; `done` is called in the caller's turn, never within it.
  std::function<void()> prepared(task run, callback done) const;

 private:
  std::shared_ptr<service_port> port_;
  std::shared_ptr<awaited_reports> awaited_;
  std::shared_ptr<const void> code_;
  ends between_;
};

/// What a plugin has of a service that another one offers (plugin_context::require). A call is a message: it runs in
/// the provider's turn, ahead of the events that wait there, while the caller waits or goes on. It goes to whatever
/// version of the provider serves then, so this stays good when the provider is reloaded. Copies are cheap. Any thread,
/// while the plugin that has it is loaded.
///
///   const auto rates = ctx.require<exchange>("rates");
///   const double rate = rates.call(&exchange::rate, "EUR", "USD");
///   rates.call_then([&](result<double> r) { ... }, &exchange::rate, "EUR", "USD");
///
/// What is called is a member function of T or any function that takes a T&. It and the arguments are copied, and what
/// it returns is moved out: references and pointers among them must be good in the provider's turn too, and for as long
/// as the call may run, which may be longer than the caller waits.
///
/// Errors (error): what the call threw, if that is an error; plugin_failed with type and text of any other exception,
/// which is a failure of the provider too; and those of service_port.
template <class T>
class service {
 public:
  template <class Call, class... Args>
  using answer_of = std::decay_t<std::invoke_result_t<std::decay_t<Call>&, T&, std::decay_t<Args>...>>;

  explicit service(service_link link) : link_{std::move(link)} {}

  const std::string& provider() const noexcept { return link_.between().provider; }
  /// The same service, for which calls wait so long.
  service within(std::chrono::milliseconds deadline) const {
    auto other = *this;
    other.link_.set_deadline(deadline);
    return other;
  }

  /// Blocks until it is done. In a plugin's turn the turn is held up as long; a call that would wait for the caller
  /// itself is refused (would_deadlock). One that has not begun by the deadline is not done.
  template <class Call, class... Args>
  answer_of<Call, Args...> call(Call&& what, Args&&... args) const {
    const auto [run, made] = packed(std::forward<Call>(what), std::forward<Args>(args)...);
    value_or_raise(link_.call(run));
    return made->take();
  }

  /// Returns at once; `done` is given the answer in a later turn of the calling plugin, and what it throws is treated
  /// as a handler's. It is destroyed uncalled when the plugin ends before. Nobody waits, so nothing can deadlock.
  /// Errors: unavailable when the plugin waits for too much already (65,536).
  template <class Done, class Call, class... Args>
  void call_then(Done done, Call&& what, Args&&... args) const {
    auto [run, made] = packed(std::forward<Call>(what), std::forward<Args>(args)...);
    link_.prepared(std::move(run), [made = made, done = std::move(done)](result<void> r) mutable {
      done(made->answer(std::move(r)));
    })();
  }

  /// For a plugin_task: goes on in a later turn with the answer. Errors: those of call, thrown there, but deadlocks.
  template <class Call, class... Args>
  plugin_awaitable<answer_of<Call, Args...>> co_call(Call&& what, Args&&... args) const {
    using answer = answer_of<Call, Args...>;
    auto [run, made] = packed(std::forward<Call>(what), std::forward<Args>(args)...);
    return plugin_awaitable<answer>{[link = link_, run = run,
                                     made = made](typename plugin_awaitable<answer>::callback done) {
      return link.prepared(run, [made, done = std::move(done)](result<void> r) { done(made->answer(std::move(r))); });
    }};
  }

 private:
  template <class Answer>
  struct slot {
    std::optional<Answer> value;

    Answer take() { return std::move(*value); }
    result<Answer> answer(result<void> r) {
      if (!r) return tl::unexpected<error>{std::move(r.error())};
      return take();
    }
  };
  template <class Answer>
  requires std::is_void_v<Answer>
  struct slot<Answer> {
    void take() const noexcept {}
    result<void> answer(result<void> r) const { return r; }
  };

  /// The call, and where its answer comes to lie.
  template <class Call, class... Args>
  static auto packed(Call&& what, Args&&... args) {
    using answer = answer_of<Call, Args...>;
    struct whole : slot<answer> {
      std::decay_t<Call> what;
      std::tuple<std::decay_t<Args>...> args;
      whole(Call&& w, Args&&... a) : what(std::forward<Call>(w)), args(std::forward<Args>(a)...) {}
    };
    const auto its = std::make_shared<whole>(std::forward<Call>(what), std::forward<Args>(args)...);
    service_link::task run = [its](void* object) {
      const auto invoked = [&]() -> decltype(auto) {
        return std::apply(
            [&](auto&... each) -> decltype(auto) {
              return std::invoke(its->what, *static_cast<T*>(object), std::move(each)...);
            },
            its->args);
      };
      if constexpr (std::is_void_v<answer>)
        invoked();
      else
        its->value.emplace(invoked());
    };
    return std::pair{std::move(run), std::shared_ptr<slot<answer>>{its}};
  }

  service_link link_;
};

}  // namespace streamspace
