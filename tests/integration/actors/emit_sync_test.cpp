#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::plugin_script;
using testing::scripted;
using testing::soon;
using testing::state_of;
using ::testing::UnorderedElementsAre;
using enum delivery_outcome;

class EmitSync : public testing::runtime_test {
 protected:
  static plugin_factory hears(const std::string& name, const std::string& pattern,
                              std::function<void(plugin_context&)> does) {
    return scripted(name, {.on_load = [pattern, does](plugin_context& ctx) {
                      ctx.events().on(pattern, [does, &ctx](const event&) { does(ctx); });
                    }});
  }
  /// "plugin outcome", sorted as they come.
  static std::vector<std::string> outcomes(const sync_report& report) {
    std::vector<std::string> all;
    for (const auto& r : report.results) all.push_back(r.plugin + " " + std::string{to_string(r.outcome)});
    return all;
  }
};

TEST_F(EmitSync, CollectsWhatBecameOfTheEventAtEveryPlugin) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.inbox.events = 1;
  const auto rt = running({hears("handles", "a.b", [](plugin_context&) {}),
                           hears("errs", "a.b",
                                 [](plugin_context&) {
                                   throw streamspace::error{ec::conflict, "our words"};
                                 }),
                           hears("throws", "a.*", [](plugin_context&) { throw std::out_of_range{"their words"}; }),
                           hears("throws-a-number", "a.>", [](plugin_context&) { throw 42; }),
                           hears("sleeps", "a.b", [stuck](plugin_context&) { stuck->pass(); }),
                           hears("full", "*.*", [stuck](plugin_context&) { stuck->pass(); })},
                          settings);
  rt->emit("x.y");
  ASSERT_TRUE(stuck->await_arrival());
  rt->emit("x.y");
  const auto report = rt->emit_sync("a.b", json::object(), 200ms);
  stuck->open();
  EXPECT_THAT(outcomes(report), UnorderedElementsAre("handles handled", "errs error", "throws exception",
                                                     "throws-a-number exception", "sleeps timeout", "full refused"));
  EXPECT_FALSE(report.all_handled());
  EXPECT_EQ(report.failures().size(), 5U);
  for (const auto& r : report.results) {
    if (r.plugin == "errs") {
      EXPECT_EQ(r.what, "our words");
      EXPECT_EQ(r.exception_type, "");
    } else if (r.plugin == "throws") {
      EXPECT_EQ(r.what, "their words");
      EXPECT_EQ(r.exception_type, "std::out_of_range");
      EXPECT_EQ(r.subscription, "a.*");
    } else if (r.plugin == "throws-a-number") {
      EXPECT_EQ(r.exception_type, "int");
    } else if (r.plugin == "sleeps") {
      EXPECT_GE(r.took, 200ms);
    }
  }
}

TEST_F(EmitSync, ReportsTerminatedWhenThePluginIsUnloadedMeanwhile) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.drain_deadline = 20ms;
  settings.unload_deadline = 20ms;
  const auto rt = running({hears("p", "a.*", [stuck](plugin_context&) { stuck->pass(); })}, settings);
  rt->emit("a.first");
  ASSERT_TRUE(stuck->await_arrival());
  auto waiting = std::async(std::launch::async, [&] { return rt->emit_sync("a.second", json::object(), soon); });
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.queued == 1; }));
  rt->unload("p");
  EXPECT_THAT(outcomes(waiting.get()), ElementsAre("p terminated"));
  stuck->open();
}

TEST_F(EmitSync, ReportsTerminatedAtOnceWhenThePluginFailsForGood) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.supervision.restarts.most = 0;
  const auto rt = running({hears("p", "a.*",
                                 [stuck](plugin_context&) {
                                   stuck->pass();
                                   throw plugin_crash{"at the first event"};
                                 })},
                          settings);
  rt->emit("a.first");
  ASSERT_TRUE(stuck->await_arrival());
  std::vector<std::future<sync_report>> waiting;
  for (int i = 0; i < 5; ++i)
    waiting.push_back(std::async(std::launch::async, [&] { return rt->emit_sync("a.asked", json::object(), soon); }));
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.queued == waiting.size(); }));
  stuck->open();
  for (auto& report : waiting) EXPECT_THAT(outcomes(report.get()), ElementsAre("p terminated"));
}

TEST_F(EmitSync, ReportsTerminatedAtOnceWhenTheRuntimeStops) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.drain_deadline = 20ms;
  settings.unload_deadline = 20ms;
  auto rt = running({hears("p", "a.*", [stuck](plugin_context&) { stuck->pass(); })}, settings);
  rt->emit("a.first");
  ASSERT_TRUE(stuck->await_arrival());
  auto waiting = std::async(std::launch::async, [&] { return rt->emit_sync("a.asked", json::object(), soon); });
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.queued == 1; }));
  rt->stop();
  EXPECT_THAT(outcomes(waiting.get()), ElementsAre("p terminated"));
  rt.reset();
  stuck->open();
  EXPECT_TRUE(stuck->await_passage());
}

TEST_F(EmitSync, TellsAPluginThatItWouldWaitForItselfButServesTheOthers) {
  sync_report report;
  const auto rt = running({scripted("p", {.on_load =
                                              [&](plugin_context& ctx) {
                                                ctx.events().on("plugin.p.*", [](const event&) {});
                                                ctx.events().on("begin", [&](const event&) {
                                                  report = ctx.events().emit_sync("asked", json::object(), soon);
                                                });
                                              }}),
                           hears("q", "plugin.p.asked", [](plugin_context&) {})});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  EXPECT_THAT(outcomes(report), UnorderedElementsAre("p would_deadlock", "q handled"));
}

TEST_F(EmitSync, TellsAPluginThatItWouldWaitForItselfThroughOthers) {
  sync_report at_c;
  const auto passes_on = [](std::string as) {
    return [as](plugin_context& ctx) { ctx.events().emit_sync(as, json::object(), soon); };
  };
  const auto rt =
      running({scripted("a", {.on_load =
                                  [&](plugin_context& ctx) {
                                    ctx.events().on("begin", [&ctx](const event&) {
                                      ctx.events().emit_sync("asked", json::object(), soon);
                                    });
                                    ctx.events().on("plugin.c.*", [](const event&) {});
                                  }}),
               hears("b", "plugin.a.*", passes_on("asked")), hears("c", "plugin.b.*", [&](plugin_context& ctx) {
                 at_c = ctx.events().emit_sync("asked", json::object(), soon);
               })});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  EXPECT_THAT(outcomes(at_c), ElementsAre("a would_deadlock"));
}

TEST_F(EmitSync, ReachesAPluginThatHasGivenUpWaiting) {
  auto stuck = std::make_shared<door>();
  std::promise<sync_report> late;
  const auto rt = running({scripted("a", {.on_load =
                                              [&](plugin_context& ctx) {
                                                ctx.events().on("begin", [&ctx](const event&) {
                                                  ctx.events().emit_sync("asked", json::object(), 20ms);
                                                });
                                                ctx.events().on("plugin.b.*", [](const event&) {});
                                              }}),
                           hears("b", "plugin.a.*", [&, stuck](plugin_context& ctx) {
                             stuck->pass();
                             late.set_value(ctx.events().emit_sync("asked", json::object(), soon));
                           })});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  stuck->open();
  EXPECT_THAT(outcomes(late.get_future().get()), ElementsAre("a handled"));
}

TEST_F(EmitSync, BothSidesOfACrossedWaitEndAtTheirDeadlines) {
  // a waits for b while b waits for a, each called from outside: neither chain knows of the other.
  std::promise<void> both[2];
  const auto crossing = [&](int me, const char* to) {
    return [&, me, to](plugin_context& ctx) {
      both[me].set_value();
      both[1 - me].get_future().wait_for(soon);
      ctx.events().emit_sync(to, json::object(), 50ms);
    };
  };
  const auto rt =
      running({scripted("a", {.on_load =
                                  [&](plugin_context& ctx) {
                                    ctx.events().on("begin.a", [&, f = crossing(0, "x")](const event&) { f(ctx); });
                                    ctx.events().on("plugin.b.x", [](const event&) {});
                                  }}),
               scripted("b", {.on_load = [&](plugin_context& ctx) {
                          ctx.events().on("begin.b", [&, f = crossing(1, "x")](const event&) { f(ctx); });
                          ctx.events().on("plugin.a.x", [](const event&) {});
                        }})});
  auto first = std::async(std::launch::async, [&] { return rt->emit_sync("begin.a", json::object(), soon); });
  EXPECT_TRUE(rt->emit_sync("begin.b", json::object(), soon).all_handled());
  EXPECT_TRUE(first.get().all_handled());
}

TEST_F(EmitSync, APluginThatNeverReturnsHoldsUpNobodyElse) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.drain_deadline = 20ms;
  settings.unload_deadline = 20ms;
  auto rt = running({hears("stuck", "a.*", [stuck](plugin_context&) { stuck->pass(); }),
                     hears("fine", "a.*", [](plugin_context&) {})},
                    settings);
  EXPECT_THAT(outcomes(rt->emit_sync("a.b", json::object(), 100ms)),
              UnorderedElementsAre("stuck timeout", "fine handled"));
  EXPECT_THAT(outcomes(rt->emit_sync("a.b", json::object(), 100ms)),
              UnorderedElementsAre("stuck timeout", "fine handled"));
  EXPECT_TRUE(rt->reload("fine").enabled());
  rt->stop();
  EXPECT_TRUE(logs().has(log_level::error, "left behind"));
  EXPECT_TRUE(logs().has(log_level::error, "\"stuck\""));
  rt.reset();
  stuck->open();
  EXPECT_TRUE(stuck->await_passage());
}

TEST_F(EmitSync, HandsTypedEventsToTypedHooksAndJsonEventsToo) {
  std::vector<std::string> seen;
  const auto rt = running({scripted("p", {.on_session_created = [&](plugin_context& ctx, const session& s) {
                                      seen.push_back(s.id + " " + ctx.current_event()->source());
                                    }})});
  session s;
  s.id = "s1";
  EXPECT_TRUE(rt->emit_sync(s.created(), soon).all_handled());
  EXPECT_TRUE(rt->emit_sync("session.created", json{{"id", "s2"}}, soon).all_handled());
  EXPECT_THAT(rt->emit_sync(s.deleted(), soon).results, IsEmpty()) << "a hook that is not overridden is not subscribed";
  const auto bad = rt->emit_sync("session.created", json{{"id", 7}}, soon);
  EXPECT_EQ(bad.results.at(0).outcome, delivery_outcome::error);
  EXPECT_THAT(seen, ElementsAre("s1 platform", "s2 platform"));
}

}  // namespace
}  // namespace streamspace
