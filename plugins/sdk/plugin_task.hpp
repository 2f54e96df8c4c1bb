#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>

namespace streamspace {

template <class T>
class plugin_awaitable;

/// A coroutine of a plugin, which waits with co_await (plugin_database::co_query) without holding up the plugin's turn:
///
///   plugin_task book(plugin_context& ctx, event e) {
///     const auto rows = co_await ctx.database().co_query("SELECT n FROM orders WHERE id = $1", e.data()["id"]);
///     ...
///   }
///   ctx.events().on("order.created", [&ctx](const event& e) { ctx.start(book(ctx, e)); });
///
/// It begins when it is started (plugin_context::start) and runs in the plugin's turns, other handlers between its
/// steps. What it throws before it first waits is thrown by start(), what it throws later is treated as a handler's.
/// When the plugin ends or crashes while it waits, it does not go on: its frame is destroyed in the plugin's last turn,
/// locals in the order in which a return would, before the handler. One that was never started is destroyed with this.
///
/// It lives longer than the call that made it, so take parameters by value but for the context and the handler
/// themselves, and give it what it needs as parameters, not as captures: those of a lambda go with the lambda.
class [[nodiscard]] plugin_task {
 public:
  class promise_type {
   public:
    plugin_task get_return_object() noexcept {
      return plugin_task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { failure_ = std::current_exception(); }

   private:
    friend class plugin_task;
    template <class T>
    friend class plugin_awaitable;

    std::exception_ptr failure_;
    plugin_task* runner_ = nullptr;  ///< Who owns the frame while it runs.
  };

  plugin_task() noexcept = default;
  plugin_task(plugin_task&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  plugin_task& operator=(plugin_task&& other) noexcept {
    plugin_task{std::move(other)}.swap(*this);
    return *this;
  }
  ~plugin_task() {
    if (frame_) frame_.destroy();
  }

  /// Runs it until it waits, which takes it over, or ends; throws what it threw. In the plugin's turn. For
  /// plugin_context::start and what it waits for.
  static void go_on(plugin_task task) {
    if (!task.frame_) throw error{ec::invalid_argument, "the plugin_task was started already"};
    task.frame_.promise().runner_ = &task;
    task.frame_.resume();
    if (task.frame_ && task.frame_.promise().failure_) std::rethrow_exception(task.frame_.promise().failure_);
  }

 private:
  template <class T>
  friend class plugin_awaitable;

  explicit plugin_task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}
  void swap(plugin_task& other) noexcept { std::swap(frame_, other.frame_); }

  std::coroutine_handle<promise_type> frame_;
};

/// What a plugin_task may co_await, once: begins something, and goes on in a later turn of the plugin with its value.
/// Errors are thrown there. Error unavailable when the plugin waits for too much already (65,536).
template <class T>
class [[nodiscard]] plugin_awaitable {
 public:
  using callback = awaited_reports::callback<result<T>>;

  /// `expect` is given what takes the answer in a later turn, and returns what begins: that is called once, and must
  /// not throw. Both come from the program, not from the plugin: whoever brings an answer may come when the plugin's
  /// code is gone.
  using beginning = std::function<void()>;
  explicit plugin_awaitable(std::function<beginning(callback)> expect) : expect_{std::move(expect)} {}
  plugin_awaitable(const plugin_awaitable&) = delete;
  plugin_awaitable& operator=(const plugin_awaitable&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<plugin_task::promise_type> waiting) {
    const auto task = std::make_shared<plugin_task>();
    const auto begin = expect_([this, task](result<T> answer) {
      answer_ = std::move(answer);
      plugin_task::go_on(std::move(*task));
    });
    *task = std::move(*waiting.promise().runner_);
    // Nothing is called before this turn is over, but by then this may be gone.
    begin();
  }
  T await_resume() { return value_or_raise(std::move(*answer_)); }

 private:
  std::function<beginning(callback)> expect_;
  std::optional<result<T>> answer_;
};

}  // namespace streamspace
