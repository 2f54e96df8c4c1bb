// The faults that the original had and this runtime must never have: one test or more for each.
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plugin_script;
using testing::scripted;
using testing::soon;
using testing::state_of;
using enum delivery_outcome;

class MistakesOfTheOriginal : public testing::runtime_test {
 protected:
  /// A plugin that writes "name type" for every event of its patterns.
  plugin_factory listener(const std::string& name, std::vector<std::string> patterns) {
    return scripted(name, {.on_load = [book = book_, patterns](plugin_context& ctx) {
                      for (const auto& pattern : patterns)
                        ctx.events().on(
                            pattern, [book, name = ctx.name()](const event& e) { book->write(name + " " + e.type()); });
                    }});
  }
};

// 1. Event types matched by prefix.
TEST_F(MistakesOfTheOriginal, EventTypesAreNotMatchedByPrefix) {
  const auto rt = running({listener("exact", {"session.created"}), listener("all", {">"})});
  EXPECT_EQ(rt->emit_sync("session.created_v2", json::object(), soon).results.size(), 1U);
  EXPECT_EQ(rt->emit_sync("session.created", json::object(), soon).results.size(), 2U);
  EXPECT_EQ(book_->count("exact session.created_v2"), 0U);
  EXPECT_EQ(book_->count("exact session.created"), 1U);
  EXPECT_EQ(code_of([&] { rt->emit(""); }), ec::invalid_argument) << "nothing can be emitted that has no type";
  EXPECT_EQ(code_of([&] { running({listener("empty", {""})}); }), ec::plugin_failed);
}

// 2. A thread per handler: no order, unbounded, errors unattributed.
TEST_F(MistakesOfTheOriginal, EventsReachEachPluginInOrderUnderSeveralEmitters) {
  constexpr int emitters = 4;
  constexpr int events = 2'000;
  struct seen_type {
    std::mutex mutex;
    std::vector<std::vector<int>> by_emitter{emitters};
  };
  std::vector<std::shared_ptr<seen_type>> seen{std::make_shared<seen_type>(), std::make_shared<seen_type>()};
  const auto counter = [](const std::string& name, std::shared_ptr<seen_type> into) {
    return scripted(name, {.on_load = [into](plugin_context& ctx) {
                      ctx.events().on("load.*", [into](const event& e) {
                        const auto emitter = e.data()["emitter"].get<std::size_t>();
                        std::lock_guard lock{into->mutex};
                        into->by_emitter[emitter].push_back(e.data()["n"].get<int>());
                      });
                    }});
  };
  const auto rt = running({counter("one", seen[0]), counter("two", seen[1])});
  std::vector<std::jthread> threads;
  for (int t = 0; t < emitters; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < events; ++n) EXPECT_EQ(rt->emit("load.x", json{{"emitter", t}, {"n", n}}).enqueued, 2U);
    });
  threads.clear();
  rt->stop();  // Drains.
  for (const auto& of_plugin : seen)
    for (const auto& of_emitter : of_plugin->by_emitter) {
      ASSERT_EQ(of_emitter.size(), static_cast<std::size_t>(events));
      EXPECT_TRUE(std::is_sorted(of_emitter.begin(), of_emitter.end()));
    }
}

TEST_F(MistakesOfTheOriginal, WhatWaitsForAPluginIsBoundedAndWhatIsDroppedIsCounted) {
  auto wait = std::make_shared<door>();
  auto settings = options();
  settings.inbox.events = 10;
  const auto rt = running({scripted("p", {.on_load =
                                              [wait](plugin_context& ctx) {
                                                ctx.events().on("a.*", [wait](const event&) { wait->pass(); });
                                              }})},
                          settings);
  rt->emit("a.b");
  ASSERT_TRUE(wait->await_arrival());
  emit_report last;
  std::size_t dropped = 0;
  for (int i = 0; i < 15; ++i) dropped += rt->emit("a.b").dropped;
  EXPECT_EQ(dropped, 5U);
  EXPECT_EQ(rt->emit_sync("a.b", json::object(), soon).results.at(0).outcome, refused);
  EXPECT_EQ(rt->plugin("p")->counters.dropped, 6U);
  EXPECT_EQ(rt->plugin("p")->counters.queued, 10U);
  wait->open();
  EXPECT_TRUE(wait->await_passage(11));
}

TEST_F(MistakesOfTheOriginal, AHandlersErrorIsAttributedToItsPlugin) {
  const auto rt = running({listener("fine", {"a.b"}), scripted("broken", {.on_load = [](plugin_context& ctx) {
                                                                 ctx.events().on("a.*", [](const event&) {
                                                                   throw std::runtime_error{"no luck"};
                                                                 });
                                                               }})});
  const auto failures = rt->emit_sync("a.b", json::object(), soon).failures();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].plugin, "broken");
  EXPECT_EQ(failures[0].subscription, "a.*");
  EXPECT_EQ(failures[0].what, "no luck");
  EXPECT_TRUE(logs().has(log_level::error, "no luck"));
}

// 3. on_load and on_unload ran under the runtime's lock.
TEST_F(MistakesOfTheOriginal, ASlowOnLoadStopsNeitherEventsNorOtherLoads) {
  auto wait = std::make_shared<door>();
  const auto rt =
      running({listener("quick", {"a.b"}), listener("late", {"a.b"}),
               scripted("slow", {.on_load = [wait, first = std::make_shared<std::atomic<bool>>(true)](plugin_context&) {
                          if (!first->exchange(false)) wait->pass();
                        }})});
  rt->unload("slow");
  rt->unload("late");
  auto loading = std::async(std::launch::async, [&] { return rt->load({.name = "slow"}); });
  ASSERT_TRUE(wait->await_arrival());
  EXPECT_TRUE(rt->emit_sync("a.b", json::object(), soon).all_handled());
  EXPECT_TRUE(rt->load({.name = "late"}).enabled());
  EXPECT_EQ(rt->emit_sync("a.b", json::object(), soon).results.size(), 2U);
  rt->unload("quick");
  EXPECT_EQ(rt->plugins().size(), 2U);
  wait->open();
  EXPECT_TRUE(loading.get().enabled());
}

TEST_F(MistakesOfTheOriginal, OnLoadMayCallBackIntoTheRuntime) {
  runtime* self = nullptr;
  std::size_t listed = 0;
  std::size_t reached = 0;
  plugin_state other = plugin_state::failed;
  const auto rt = started({listener("other", {"a.b"}), listener("hearer", {"plugin.caller.*"}),
                           scripted("caller", {.on_load = [&](plugin_context& ctx) {
                                      other = self->load({.name = "other"}).state;
                                      listed = self->plugins().size();
                                      reached = self->emit_sync("a.b", json::object(), soon).results.size();
                                      ctx.events().emit("ready");
                                    }})});
  self = rt.get();
  rt->load({.name = "hearer"});
  EXPECT_TRUE(rt->load({.name = "caller"}).enabled());
  EXPECT_EQ(other, plugin_state::enabled);
  EXPECT_EQ(listed, 3U);
  EXPECT_EQ(reached, 1U);
  ASSERT_TRUE(book_->await(2));
  EXPECT_THAT(book_->lines(), ElementsAre("other a.b", "hearer plugin.caller.ready"));
}

TEST_F(MistakesOfTheOriginal, OnUnloadMayCallBackIntoTheRuntime) {
  runtime* self = nullptr;
  std::size_t listed = 0;
  const auto rt = running({listener("other", {"a.b"}), scripted("caller", {.on_unload = [&](plugin_context&) {
                                                                  listed = self->plugins().size();
                                                                  self->unload("other");
                                                                }})});
  self = rt.get();
  rt->unload("caller");
  EXPECT_EQ(listed, 2U);
  EXPECT_THAT(rt->plugins(), IsEmpty());
}

TEST_F(MistakesOfTheOriginal, APluginThatWouldWaitForItselfIsToldSo) {
  runtime* self = nullptr;
  std::vector<std::optional<ec>> codes;
  const auto rt =
      running({scripted("p", {.on_load = [&](plugin_context& ctx) {
                          ctx.events().on("try.*", [&](const event&) {
                            codes = {code_of([&] { self->reload("p"); }), code_of([&] { self->unload("p"); }),
                                     code_of([&] { self->disable("p"); }), code_of([&] { self->stop(); })};
                          });
                        }})});
  self = rt.get();
  EXPECT_TRUE(rt->emit_sync("try.it", json::object(), soon).all_handled());
  EXPECT_THAT(codes, ElementsAre(ec::would_deadlock, ec::would_deadlock, ec::would_deadlock, ec::would_deadlock));
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

// 4. A failed on_load left its registrations behind.
struct thrower {
  const char* name;
  void (*raise)();
  const char* said;
};

class AFailedHook : public testing::runtime_test, public ::testing::WithParamInterface<thrower> {
 protected:
  static void register_all(plugin_context& ctx) {
    ctx.events().on("a.*", [](const event&) {});
    ctx.api().get("/x", [](const request&) { return response{}; });
    ctx.ui().page({.id = "home", .title = "Home", .path = "/", .component = "home"});
  }
  static void expect_nothing_of(runtime& rt) {
    EXPECT_EQ(rt.emit("a.b").matched, 0U);
    EXPECT_THAT(*rt.routes().current(), IsEmpty());
    EXPECT_THAT(rt.ui_components({"root", "admin", {}})["pages"], IsEmpty());
  }
  static void expect_all_of(runtime& rt) {
    EXPECT_EQ(rt.emit("a.b").matched, 1U);
    EXPECT_EQ(rt.routes().current()->size(), 1U);
    EXPECT_EQ(rt.ui_components({"root", "admin", {}})["pages"].size(), 1U);
  }
};

TEST_P(AFailedHook, OnLoadLeavesNothingBehindAndASecondLoadWorks) {
  auto fails = std::make_shared<std::atomic<bool>>(true);
  const auto rt = started({scripted("p", {.on_load =
                                              [fails](plugin_context& ctx) {
                                                register_all(ctx);
                                                if (*fails) GetParam().raise();
                                              },
                                          .on_unload = [book = book_](plugin_context&) { book->write("unload"); },
                                          .on_enable = [book = book_](plugin_context&) { book->write("enable"); }})});
  const auto failure = failure_of([&] { rt->load({.name = "p"}); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ec::plugin_failed);
  EXPECT_THAT(failure->message(), HasSubstr(GetParam().said));
  EXPECT_EQ(failure->fact("plugin"), "p");
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::failed);
  EXPECT_THAT(rt->plugin("p")->last_error, HasSubstr(GetParam().said));
  EXPECT_THAT(book_->lines(), IsEmpty()) << "what never was loaded is neither enabled nor unloaded";
  expect_nothing_of(*rt);

  *fails = false;
  EXPECT_TRUE(rt->load({.name = "p"}).enabled());
  EXPECT_EQ(rt->plugin("p")->last_error, "");
  expect_all_of(*rt);
}

TEST_P(AFailedHook, OnEnableLeavesNothingBehindRunsOnUnloadAndASecondLoadWorks) {
  auto fails = std::make_shared<std::atomic<bool>>(true);
  const auto rt = started({scripted("p", {.on_load = register_all,
                                          .on_unload = [book = book_](plugin_context&) { book->write("unload"); },
                                          .on_enable =
                                              [fails](plugin_context& ctx) {
                                                ctx.events().on("a.b", [](const event&) {});
                                                if (*fails) GetParam().raise();
                                              },
                                          .on_disable = [book = book_](plugin_context&) { book->write("disable"); }})});
  const auto failure = failure_of([&] { rt->load({.name = "p"}); });
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->message(), HasSubstr(GetParam().said));
  EXPECT_THAT(book_->lines(), ElementsAre("unload")) << "it was loaded, but never enabled";
  expect_nothing_of(*rt);

  *fails = false;
  EXPECT_TRUE(rt->load({.name = "p"}).enabled());
  EXPECT_EQ(rt->emit("a.b").matched, 2U);
  rt->disable("p");
  *fails = true;
  EXPECT_EQ(code_of([&] { rt->enable("p"); }), ec::plugin_failed);
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::failed);
  expect_nothing_of(*rt);
  *fails = false;
  EXPECT_TRUE(rt->enable("p").enabled());
}

INSTANTIATE_TEST_SUITE_P(Throwing, AFailedHook,
                         ::testing::Values(thrower{"Error",
                                                   [] {
                                                     throw streamspace::error{ec::conflict, "our own words"};
                                                   },
                                                   "our own words"},
                                           thrower{"Exception", [] { throw std::runtime_error{"a library's words"}; },
                                                   "a library's words"},
                                           thrower{"Number", [] { throw 42; }, "int"}),
                         [](const auto& each) { return each.param.name; });

TEST_F(MistakesOfTheOriginal, AFactoryThatFailsFailsTheLoad) {
  const auto rt = started({{plain_manifest("throws"), []() -> made_plugin { throw 42; }},
                           {plain_manifest("nothing"), [] { return made_plugin{}; }}});
  EXPECT_EQ(code_of([&] { rt->load({.name = "throws"}); }), ec::plugin_failed);
  EXPECT_EQ(code_of([&] { rt->load({.name = "nothing"}); }), ec::plugin_failed);
}

// 7. Unsynchronised maps; singletons that kept state over a reload.
TEST_F(MistakesOfTheOriginal, TwoRuntimesShareNothing) {
  const auto one = running({listener("p", {"a.b"})});
  const auto two = running({listener("p", {"a.b"}), listener("q", {"a.b"})});
  EXPECT_EQ(one->emit_sync("a.b", json::object(), soon).results.size(), 1U);
  EXPECT_EQ(two->emit_sync("a.b", json::object(), soon).results.size(), 2U);
  one->unload("p");
  EXPECT_EQ(state_of(*two, "p"), plugin_state::enabled);
  one->stop();
  EXPECT_EQ(two->emit_sync("a.b", json::object(), soon).results.size(), 2U);
}

TEST_F(MistakesOfTheOriginal, AReloadStartsFromFreshState) {
  class counting final : public base_plugin {
   public:
    void on_load(plugin_context& ctx) override {
      ctx.api().get("/count", [this](const request&) { return response{json{{"count", ++count_}}}; });
      ctx.events().on("a.b", [this](const event&) { ++count_; });
    }

   private:
    int count_ = 0;
  };
  const auto rt = running({make_plugin_factory<counting>(plain_manifest("p"))});
  const auto count = [&] {
    std::promise<int> answer;
    rt->routes().current()->at(0).dispatch({}, responder{[&](response r) { answer.set_value(r.json()["count"]); }});
    return answer.get_future().get();
  };
  EXPECT_TRUE(rt->emit_sync("a.b", json::object(), soon).all_handled());
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(rt->plugin("p")->counters.delivered, 1U);
  rt->reload("p");
  EXPECT_EQ(rt->routes().current()->size(), 1U);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(rt->emit_sync("a.b", json::object(), soon).results.size(), 1U) << "heard once, not once a load";
  EXPECT_EQ(rt->plugin("p")->counters.delivered, 2U) << "the count goes on over a reload";
}

TEST_F(MistakesOfTheOriginal, EverythingMayBeCalledFromManyThreads) {
  const auto rt = running({listener("a", {"x.*"}), listener("b", {"x.*"}), listener("c", {"x.*"})});
  std::vector<std::jthread> threads;
  for (const auto* name : {"a", "b", "c"})
    threads.emplace_back([&rt, name] {
      for (int i = 0; i < 5; ++i) {
        rt->disable(name);
        rt->enable(name);
        rt->reload(name);
      }
    });
  threads.emplace_back([&] {
    for (int i = 0; i < 2'000; ++i) rt->emit("x.y");
  });
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) {
      static_cast<void>(rt->plugins());
      static_cast<void>(rt->ui_components({}));
      rt->set_log_level("a", log_level::debug);
    }
  });
  threads.clear();
  for (const auto& p : rt->plugins()) EXPECT_TRUE(p.enabled()) << p.name;
}

}  // namespace
}  // namespace streamspace
