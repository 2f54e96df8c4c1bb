#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <bench/plugins/service_calls.hpp>
#include <bench/quiet_options.hpp>

#include <streamspace/actor_plugin.hpp>
#include <streamspace/runtime.hpp>

namespace streamspace::bench {

/// Not in an unnamed namespace, in which no service can be.
struct counted_service {
  virtual ~counted_service() = default;
  virtual std::size_t add(std::size_t n) = 0;
};

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double thousands_a_second(std::size_t count, clock::time_point begun) {
  return static_cast<double>(count) / 1'000 / std::chrono::duration<double>(clock::now() - begun).count();
}

class counting final : public base_plugin, public counted_service {
 public:
  void on_load(plugin_context& ctx) override { ctx.provide<counted_service>(*this); }
  std::size_t add(std::size_t n) override { return sum_ += n; }

 private:
  std::size_t sum_ = 0;
};

class calling final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    ctx.events().on("call", [&ctx](const event& e) {
      const auto count = e.data()["count"].get<std::size_t>();
      const auto service = ctx.require<counted_service>("counting");
      const auto begun = clock::now();
      for (std::size_t i = 0; i < count; ++i) service.call(&counted_service::add, 1U);
      rate = thousands_a_second(count, begun);
    });
    ctx.events().on("then", [&ctx, this](const event& e) {
      left_ = e.data()["count"].get<std::size_t>();
      begun_ = clock::now();
      all_ = left_;
      next(ctx.require<counted_service>("counting"), std::min<std::size_t>(left_, 256));
    });
  }

  static inline std::atomic<double> rate{0};

 private:
  /// Keeps so many calls on their way.
  void next(const service<counted_service>& service, std::size_t many) {
    for (; many > 0 && to_ask() > 0; --many, ++asked_)
      service.call_then(
          [this, service](const result<std::size_t>&) {
            if (--left_ == 0)
              rate = thousands_a_second(all_, begun_);
            else
              next(service, 1);
          },
          &counted_service::add, 1U);
  }
  std::size_t to_ask() const { return all_ - asked_; }

  std::size_t left_ = 0;
  std::size_t all_ = 0;
  std::size_t asked_ = 0;
  clock::time_point begun_;
};

double rate_of(const char* what, std::size_t count) {
  runtime plugins{quiet_options()};
  plugins.register_builtin<counting>("counting");
  auto manifest = plain_manifest("calling");
  manifest.dependencies = {{"counting", "*"}};
  plugins.register_builtin(make_plugin_factory<calling>(std::move(manifest)));
  plugins.auto_start(false);
  plugins.start();
  plugins.load({.name = "counting"});
  plugins.load({.name = "calling"});
  calling::rate = 0;
  plugins.emit(what, json{{"count", count}});
  while (calling::rate == 0) std::this_thread::sleep_for(1ms);
  return calling::rate;
}

caf::behavior adding(caf::event_based_actor*, std::size_t start) {
  return {[sum = start](std::uint64_t n) mutable { return static_cast<std::uint64_t>(sum += n); }};
}

std::atomic<std::size_t> seen{0};

class hearing final : public base_plugin {
 public:
  void on_load(plugin_context& ctx) override {
    ctx.events().on("tick", [](const event&) { seen.fetch_add(1, std::memory_order_relaxed); });
  }
};

caf::behavior hearing_actor(caf::event_based_actor* self, plugin_context& ctx) {
  ctx.events().on("tick", to(ctx, self));
  return {[](const event&) { seen.fetch_add(1, std::memory_order_relaxed); }};
}

template <class Plugin>
double events_to(std::size_t count) {
  auto options = quiet_options();
  options.inbox.events = count;
  options.inbox.event_bytes = std::size_t{1} << 40U;
  runtime plugins{std::move(options)};
  plugins.register_builtin<Plugin>("hearing");
  plugins.auto_start(false);
  plugins.start();
  plugins.load({.name = "hearing"});
  seen = 0;
  const auto begun = clock::now();
  for (std::size_t i = 0; i < count; ++i) plugins.emit("tick", json{{"number", i}});
  while (seen < count) std::this_thread::sleep_for(100us);
  return thousands_a_second(count, begun);
}

}  // namespace

double service_calls(std::size_t count) {
  return rate_of("call", count);
}

double service_calls_then(std::size_t count) {
  return rate_of("then", count);
}

double caf_requests(std::size_t count) {
  caf::actor_system_config settings;
  caf::actor_system system{settings};
  caf::scoped_actor self{system};
  const auto adder = system.spawn(adding, std::size_t{0});
  const auto begun = clock::now();
  for (std::size_t i = 0; i < count; ++i)
    self->request(adder, caf::infinite, std::uint64_t{1}).receive([](std::uint64_t) {}, [](const caf::error&) {});
  const auto rate = thousands_a_second(count, begun);
  self->send_exit(adder, caf::exit_reason::user_shutdown);
  return rate;
}

double events_to_a_class(std::size_t count) {
  return events_to<hearing>(count);
}

double events_to_an_actor(std::size_t count) {
  return events_to<actor_plugin<hearing_actor>>(count);
}

}  // namespace streamspace::bench
