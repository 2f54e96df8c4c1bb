#include <atomic>
#include <future>
#include <memory>

#include <gmock/gmock.h>
#include <support/detached.hpp>

#include "runtime_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::detached;
using testing::door;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::scripted;
using testing::soon;
using testing::state_of;
using ::testing::UnorderedElementsAre;
using enum delivery_outcome;

constexpr std::chrono::hours far{1};

class EmitThen : public testing::runtime_test {
 protected:
  using does = std::function<void(plugin_context&)>;

  static plugin_factory hears(const std::string& name, const std::string& pattern, does what) {
    return scripted(name, {.on_load = on(pattern, std::move(what))});
  }
  static does on(std::string pattern, does what) {
    return
        [pattern, what](plugin_context& ctx) { ctx.events().on(pattern, [what, &ctx](const event&) { what(ctx); }); };
  }
  static std::vector<std::string> outcomes(const sync_report& report) {
    std::vector<std::string> all;
    for (const auto& r : report.results) all.push_back(r.plugin + " " + std::string{to_string(r.outcome)});
    return all;
  }
  /// Supervision that restarts what crashes at once.
  runtime_options restarting() {
    auto settings = options();
    settings.supervision.restarts.first_delay = 1ms;
    settings.supervision.restarts.jitter = 0;
    return settings;
  }
};

TEST_F(EmitThen, CollectsWhatBecameOfTheEventAtEveryPlugin) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.inbox.events = 1;
  const auto rt = running({hears("handles", "a.b", [](plugin_context&) {}),
                           hears("errs", "a.b",
                                 [](plugin_context&) {
                                   throw streamspace::error{ec::conflict, "our words"};
                                 }),
                           hears("throws-a-number", "a.>", [](plugin_context&) { throw 42; }),
                           hears("sleeps", "a.b", [stuck](plugin_context&) { stuck->pass(); }),
                           hears("full", "*.*", [stuck](plugin_context&) { stuck->pass(); })},
                          settings);
  rt->emit("x.y");
  ASSERT_TRUE(stuck->await_arrival());
  rt->emit("x.y");
  std::promise<sync_report> promise;
  rt->emit_then("a.b", json::object(), 200ms, [&](sync_report report) { promise.set_value(std::move(report)); });
  EXPECT_THAT(outcomes(promise.get_future().get()),
              UnorderedElementsAre("handles handled", "errs error", "throws-a-number exception", "sleeps timeout",
                                   "full refused"));
  stuck->open();
}

TEST_F(EmitThen, GivesAFutureOfTheReport) {
  const auto rt = running({hears("p", "a.*", [](plugin_context&) {})});
  EXPECT_THAT(outcomes(rt->emit_async("a.b", json::object(), soon).get()), ElementsAre("p handled"));
  EXPECT_THAT(rt->emit_async(event{"nobody.hears"}).get().results, IsEmpty());
}

TEST_F(EmitThen, GivesACoroutineTheReport) {
  const auto rt = running({hears("p", "a.*", [](plugin_context&) {})});
  std::promise<std::vector<sync_report>> done;
  [](runtime& platform, std::promise<std::vector<sync_report>>& collected) -> detached {
    std::vector<sync_report> reports;
    reports.push_back(co_await platform.emit_collected("a.first", json::object(), soon));
    reports.push_back(co_await platform.emit_collected(event{"a.second"}));
    collected.set_value(std::move(reports));
  }(*rt, done);
  for (const auto& report : done.get_future().get()) EXPECT_THAT(outcomes(report), ElementsAre("p handled"));
}

TEST_F(EmitThen, ReportsTerminatedWhenThePluginIsUnloadedMeanwhile) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.drain_deadline = settings.unload_deadline = 20ms;
  const auto rt = running({hears("p", "a.*", [stuck](plugin_context&) { stuck->pass(); })}, settings);
  rt->emit("a.first");
  ASSERT_TRUE(stuck->await_arrival());
  auto report = rt->emit_async("a.second", json::object(), far);
  rt->unload("p");
  EXPECT_THAT(outcomes(report.get()), ElementsAre("p terminated"));
  stuck->open();
}

TEST_F(EmitThen, EndsWhatPluginsThatAreLeftBehindHaveNotAnsweredWhenTheRuntimeStops) {
  auto stuck = std::make_shared<door>();
  auto settings = options();
  settings.drain_deadline = settings.unload_deadline = 20ms;
  auto rt = running({hears("stuck", "a.*", [stuck](plugin_context&) { stuck->pass(); })}, settings);
  auto report = rt->emit_async("a.b", json::object(), far);
  ASSERT_TRUE(stuck->await_arrival());
  rt->stop();
  ASSERT_EQ(report.wait_for(0s), std::future_status::ready);
  EXPECT_THAT(outcomes(report.get()), ElementsAre("stuck timeout"));
  rt.reset();
  stuck->open();
  EXPECT_TRUE(stuck->await_passage());
}

TEST_F(EmitThen, CallsAPluginBackInItsTurnAlsoForItself) {
  std::promise<sync_report> report;
  std::atomic<bool> in_turn{false};
  const auto rt =
      running({scripted("p", {.on_load =
                                  [&](plugin_context& ctx) {
                                    ctx.events().on("plugin.p.*", [](const event&) {});
                                    ctx.events().on("begin", [&](const event&) {
                                      ctx.events().emit_then("asked", json::object(), soon, [&](sync_report r) {
                                        in_turn = ctx.in_turn();
                                        report.set_value(std::move(r));
                                      });
                                    });
                                  }}),
               hears("q", "plugin.p.asked", [](plugin_context&) {})});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  EXPECT_THAT(outcomes(report.get_future().get()), UnorderedElementsAre("p handled", "q handled"));
  EXPECT_TRUE(in_turn);
}

TEST_F(EmitThen, BringsAPluginTimeoutsAtTheDeadline) {
  auto stuck = std::make_shared<door>();
  std::promise<sync_report> report;
  const auto rt = running(
      {hears("stuck", "plugin.p.*", [stuck](plugin_context&) { stuck->pass(); }), hears("p", "begin", [&](auto& ctx) {
         ctx.events().emit_then("asked", json::object(), 20ms, [&](sync_report r) { report.set_value(std::move(r)); });
       })});
  rt->emit("begin");
  EXPECT_THAT(outcomes(report.get_future().get()), ElementsAre("stuck timeout"));
  stuck->open();
}

TEST_F(EmitThen, PublishesWhatTheCallbackRegistersUnlessItThrows) {
  const auto rt = running({scripted("p", {.on_load = [](plugin_context& ctx) {
                                      const auto registers = [&ctx](const std::string& pattern, bool fails) {
                                        ctx.events().emit_then("x", json::object(), far, [=, &ctx](const auto&) {
                                          ctx.events().on(pattern, [](const event&) {});
                                          if (fails) throw std::runtime_error{"broken callback"};
                                        });
                                      };
                                      ctx.events().on("good", [=](const event&) { registers("a.good", false); });
                                      ctx.events().on("bad", [=](const event&) { registers("a.bad", true); });
                                    }})});
  rt->emit("bad");
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.failed == 1; }));
  rt->emit("good");
  ASSERT_TRUE(eventually([&] { return rt->emit("a.good").matched == 1; }));
  EXPECT_EQ(rt->emit("a.bad").matched, 0U);
  EXPECT_TRUE(logs().has(log_level::error, "broken callback"));
  EXPECT_EQ(state_of(*rt, "p"), plugin_state::enabled);
}

TEST_F(EmitThen, DestroysTheCallbackOfAPluginThatEndsBeforeTheAnswer) {
  auto stuck = std::make_shared<door>();
  auto held = std::make_shared<int>(0);
  const auto rt = running({hears("stuck", "plugin.p.*", [stuck](plugin_context&) { stuck->pass(); }),
                           hears("p", "begin", [weak = std::weak_ptr{held}](plugin_context& ctx) {
                             ctx.events().emit_then("asked", json::object(), far,
                                                    [mine = weak.lock()](const sync_report&) { ++*mine; });
                           })});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  ASSERT_TRUE(stuck->await_arrival());
  EXPECT_EQ(held.use_count(), 2);
  rt->unload("p");
  EXPECT_EQ(held.use_count(), 1) << "though its answer is still to come";
  stuck->open();
  ASSERT_TRUE(stuck->await_passage());
  rt->unload("stuck");
  EXPECT_EQ(*held, 0);
}

TEST_F(EmitThen, DestroysTheCallbackOfAnInstanceThatCrashedBeforeTheAnswer) {
  auto stuck = std::make_shared<door>();
  auto held = std::make_shared<int>(0);
  std::atomic<int> crashes{1};
  const auto rt =
      running({hears("stuck", "plugin.p.*", [stuck](plugin_context&) { stuck->pass(); }),
               scripted("p", {.on_load =
                                  [&, weak = std::weak_ptr{held}](plugin_context& ctx) {
                                    ctx.events().on("begin", [&ctx, weak](const event&) {
                                      ctx.events().emit_then("asked", json::object(), far,
                                                             [mine = weak.lock()](const sync_report&) { ++*mine; });
                                    });
                                    ctx.events().on("crash", [&](const event&) {
                                      if (crashes-- > 0) throw plugin_crash{"as asked"};
                                    });
                                  }})},
              restarting());
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  ASSERT_TRUE(stuck->await_arrival());
  rt->emit("crash");
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.restarts == 1; }));
  ASSERT_TRUE(eventually([&] { return state_of(*rt, "p") == plugin_state::enabled; }));
  EXPECT_EQ(held.use_count(), 1);
  stuck->open();
  ASSERT_TRUE(stuck->await_passage());
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  ASSERT_TRUE(eventually([&] { return *held == 1 && held.use_count() == 1; })) << "the new instance's is called";
}

TEST_F(EmitThen, RestartsAPluginThatCrashesInACallback) {
  const auto rt = running({hears("p", "begin",
                                 [](plugin_context& ctx) {
                                   ctx.events().emit_then("asked", json::object(), far,
                                                          [](const sync_report&) { throw plugin_crash{"lost"}; });
                                 })},
                          restarting());
  rt->emit("begin");
  ASSERT_TRUE(eventually([&] { return rt->plugin("p")->counters.restarts == 1; }));
  ASSERT_TRUE(eventually([&] { return state_of(*rt, "p") == plugin_state::enabled; }));
}

TEST_F(EmitThen, LetsNobodyStarveThoughACallbackAsksAgainAndAgain) {
  std::atomic<bool> heard{false};
  std::atomic<int> calls{0};
  const auto rt = running({scripted("p", {.on_load = [&](plugin_context& ctx) {
                                      auto again = std::make_shared<std::function<void(sync_report)>>();
                                      *again = [&, weak = std::weak_ptr{again}](const sync_report&) {
                                        ++calls;
                                        if (const auto next = weak.lock(); next && !heard)
                                          ctx.events().emit_then("asked", json::object(), far, *next);
                                      };
                                      ctx.events().on("begin", [again](const event&) { (*again)({}); });
                                      ctx.events().on("other", [&](const event&) { heard = true; });
                                    }})});
  rt->emit("begin");
  ASSERT_TRUE(eventually([&] { return calls > 1'000; }));
  EXPECT_TRUE(rt->emit_sync("other", json::object(), soon).all_handled());
  EXPECT_TRUE(heard);
}

TEST_F(EmitThen, LetsAPluginBeDisabledWithReportsToCome) {
  auto stuck = std::make_shared<door>();
  const auto rt = running({hears("stuck", "plugin.p.*", [stuck](plugin_context&) { stuck->pass(); }),
                           hears("p", "begin", [book = book_](plugin_context& ctx) {
                             ctx.events().emit_then("asked", json::object(), far,
                                                    [book](const sync_report&) { book->write("called"); });
                           })});
  EXPECT_TRUE(rt->emit_sync("begin", json::object(), soon).all_handled());
  rt->disable("p");
  stuck->open();
  EXPECT_TRUE(book_->await(1)) << "it has not ended";
}

}  // namespace
}  // namespace streamspace
