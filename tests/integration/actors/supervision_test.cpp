#include <atomic>
#include <future>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/plugins/sdk/plugin_crash.hpp>

namespace streamspace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Supervision : public runtime_test {
 protected:
  runtime_options with(supervision rules) {
    auto settings = options();
    rules.restarts.first_delay = std::chrono::milliseconds{1};
    rules.restarts.jitter = 0;
    settings.supervision = rules;
    return settings;
  }

  /// Writes what it handles; a number that `crashes` says makes it crash instead.
  plugin_factory counting(std::function<bool(int)> crashes) {
    return scripted("p", {.on_load = [book = book_, crashes = std::move(crashes)](plugin_context& ctx) {
                      book->write("load");
                      ctx.events().on("a.number", [book, crashes](const event& e) {
                        const int number = e.data().at("n");
                        if (crashes(number)) throw plugin_crash{"cannot bear " + std::to_string(number)};
                        book->write(std::to_string(number));
                      });
                      ctx.api().get("/x", [](const request&) { return response{200}; });
                    }});
  }

  static std::optional<loaded_plugin> shown(runtime& rt) { return rt.plugin("p"); }
  static plugin_state state(runtime& rt) { return shown(rt)->state; }
};

TEST_F(Supervision, ACrashedPluginIsRestartedAndGoesOnWithWhatItHadNotHandled) {
  auto crashes_left = std::make_shared<std::atomic<int>>(1);
  const auto rt = running({counting([=](int n) { return n == 3 && (*crashes_left)-- > 0; })}, with({}));
  for (int n = 1; n <= 6; ++n) rt->emit("a.number", json{{"n", n}});
  ASSERT_TRUE(book_->await(8));
  EXPECT_THAT(book_->lines(), ElementsAre("load", "1", "2", "load", "3", "4", "5", "6"));
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::enabled; }));
  EXPECT_EQ(shown(*rt)->counters.restarts, 1U);
  EXPECT_EQ(shown(*rt)->counters.retried, 1U);
  EXPECT_THAT(rt->list_dead_letters(), SizeIs(0));
}

TEST_F(Supervision, TheEventThatKillsIsRetriedSoOftenAtMostAndThenADeadLetter) {
  const auto rt = running({counting([](int n) { return n == 2; })}, with({.most_attempts = 3}));
  for (int n = 1; n <= 3; ++n) rt->emit("a.number", json{{"n", n}});
  ASSERT_TRUE(eventually([&] { return book_->count("3") == 1; }));
  EXPECT_EQ(book_->count("load"), 4U) << "once, and again after each of three crashes";
  const auto letters = rt->list_dead_letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].cause, dead_letter_cause::poison);
  EXPECT_EQ(letters[0].attempts, 3U);
  EXPECT_EQ(letters[0].plugin, "p");
  EXPECT_EQ(letters[0].subscription, "a.number");
  EXPECT_EQ(letters[0].what->data().at("n"), 2);
  EXPECT_THAT(letters[0].detail, HasSubstr("cannot bear 2"));
}

TEST_F(Supervision, PastTheIntensityThePluginFailsAndItsEventsAreDeadLetters) {
  const auto rt = running({counting([](int) { return true; })}, with({.restarts = {.most = 2}, .most_attempts = 100}));
  rt->emit("a.number", json{{"n", 1}});
  rt->emit("a.number", json{{"n", 2}});
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::failed; }));
  EXPECT_EQ(book_->count("load"), 3U) << "once, and after each of the two crashes that are allowed";
  EXPECT_THAT(shown(*rt)->last_error, HasSubstr("more than 2 times"));
  EXPECT_EQ(rt->emit("a.number", json{{"n", 3}}).matched, 0U);
  ASSERT_TRUE(eventually([&] { return rt->list_dead_letters().size() == 2; }));
}

TEST_F(Supervision, AFailedPluginBeginsAnewWhenItIsEnabled) {
  auto broken = std::make_shared<std::atomic<bool>>(true);
  const auto rt = running({counting([=](int) { return broken->load(); })}, with({.restarts = {.most = 0}}));
  rt->emit("a.number", json{{"n", 1}});
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::failed && !rt->list_dead_letters().empty(); }));
  *broken = false;
  EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
  rt->redrive(rt->list_dead_letters().at(0).id);
  ASSERT_TRUE(eventually([&] { return book_->count("1") == 1; }));
  EXPECT_THAT(rt->list_dead_letters(), SizeIs(0));
}

TEST_F(Supervision, RequestsAreRefusedWhileAPluginRestartsAndServedAfterwards) {
  auto wait = std::make_shared<door>();
  auto loads = std::make_shared<std::atomic<int>>(0);
  const auto rt = running({scripted("p", {.on_load =
                                              [=](plugin_context& ctx) {
                                                if (++*loads == 2) wait->pass();
                                                ctx.events().on("a.crash", [=](const event&) {
                                                  if (*loads == 1) throw plugin_crash{"once"};
                                                });
                                                ctx.api().get("/x", [](const request&) { return response{200}; });
                                              }})},
                          with({}));
  const auto route = rt->routes().current()->at(0);
  rt->emit("a.crash");
  ASSERT_TRUE(wait->await_arrival());
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::restarting; }));
  const auto ask = [&] {
    std::promise<response> answer;
    route.dispatch({}, responder{[&](response r) { answer.set_value(std::move(r)); }});
    return answer.get_future().get().status;
  };
  EXPECT_EQ(ask(), 503);
  wait->open();
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::enabled; }));
  std::promise<response> answer;
  rt->routes().current()->at(0).dispatch({}, responder{[&](response r) { answer.set_value(std::move(r)); }});
  EXPECT_EQ(answer.get_future().get().status, 200);
}

TEST_F(Supervision, WithTheStrategyRestartAnyFailureIsACrash) {
  auto throws_left = std::make_shared<std::atomic<int>>(1);
  const auto rt = running({scripted("p", {.on_load =
                                              [book = book_, throws_left](plugin_context& ctx) {
                                                book->write("load");
                                                ctx.events().on("a.x", [book, throws_left](const event&) {
                                                  if ((*throws_left)-- > 0) throw 42;
                                                  book->write("x");
                                                });
                                              }})},
                          with({.on_failure = supervision::strategy::restart}));
  rt->emit("a.x");
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), ElementsAre("load", "load", "x"));
}

TEST_F(Supervision, WithTheStrategyStopAFailureEndsThePlugin) {
  const auto rt = running(
      {scripted("p", {.on_load = [book = book_](
                                     plugin_context& ctx) { ctx.events().on("a.x", [](const event&) { throw 42; }); },
                      .on_unload = [book = book_](plugin_context&) { book->write("unload"); }})},
      with({.on_failure = supervision::strategy::stop}));
  rt->emit("a.x");
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::failed; }));
  ASSERT_TRUE(book_->await(1));
  EXPECT_THAT(book_->lines(), ElementsAre("unload"));
}

TEST_F(Supervision, AManifestSaysHowItsPluginIsSupervised) {
  auto plugin = counting([](int) { return true; });
  plugin.manifest.extra["supervision"] = {{"restarts", {{"most", 0}}}};
  const auto rt = running({std::move(plugin)}, with({}));
  rt->emit("a.number", json{{"n", 1}});
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::failed; }));
  EXPECT_EQ(book_->count("load"), 1U);
}

TEST_F(Supervision, AManifestWithBadSupervisionIsRefusedNamingTheMember) {
  auto plugin = counting([](int) { return false; });
  plugin.manifest.extra["supervision"] = {{"most_attempts", 0}};
  const auto rt = started({std::move(plugin)});
  const auto refused = failure_of([&] { rt->load({.name = "p"}); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_THAT(refused->message(), HasSubstr("most_attempts"));
}

TEST_F(Supervision, AManifestSaysWhatMayWaitForItsPluginAndWhatHappensPastThat) {
  auto gate = std::make_shared<std::promise<void>>();
  auto plugin = scripted("p", {.on_load = [open = gate->get_future().share()](plugin_context& ctx) {
                           ctx.events().on("a.x", [open](const event&) { open.wait(); });
                         }});
  plugin.manifest.extra["inbox"] = {{"events", 2}, {"overflow", "fail"}};
  const auto rt = running({std::move(plugin)}, with({}));
  rt->emit("a.x");
  ASSERT_TRUE(eventually([&] { return rt->emit("a.x").enqueued == 0; }));
  EXPECT_THAT(rt->emit("a.x").failed, ElementsAre("p"));
  gate->set_value();
}

TEST_F(Supervision, AManifestWithABadInboxIsRefusedNamingTheMember) {
  auto plugin = counting([](int) { return false; });
  plugin.manifest.extra["inbox"] = {{"overflow", "explode"}};
  const auto rt = started({std::move(plugin)});
  const auto refused = failure_of([&] { rt->load({.name = "p"}); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_THAT(refused->message(), HasSubstr("overflow"));
}

TEST_F(Supervision, ASubscriptionThatFailsTooOftenInARowIsQuarantinedUntilItIsReleased) {
  auto broken = std::make_shared<std::atomic<bool>>(true);
  const auto rt = running({scripted("p", {.on_load =
                                              [book = book_, broken](plugin_context& ctx) {
                                                ctx.events().on("a.x", [book, broken](const event&) {
                                                  if (*broken) throw std::runtime_error{"no"};
                                                  book->write("x");
                                                });
                                                ctx.events().on("a.y", [book](const event&) { book->write("y"); });
                                              }})},
                          with({.quarantine_after = 3}));
  for (int i = 0; i < 3; ++i) rt->emit("a.x");
  ASSERT_TRUE(eventually([&] { return !shown(*rt)->quarantined.empty(); }));
  EXPECT_THAT(shown(*rt)->quarantined, ElementsAre("a.x"));
  EXPECT_EQ(rt->emit("a.x").dropped, 1U);
  const auto report = rt->emit_sync("a.x", json::object(), soon);
  ASSERT_THAT(report.results, SizeIs(1));
  EXPECT_EQ(report.results[0].outcome, delivery_outcome::refused);
  EXPECT_EQ(rt->emit("a.y").enqueued, 1U) << "the plugin's other subscriptions go on";
  EXPECT_EQ(rt->list_dead_letters({.cause = dead_letter_cause::quarantined}).size(), 2U);
  EXPECT_EQ(rt->list_dead_letters({.cause = dead_letter_cause::failed}).size(), 3U);

  *broken = false;
  EXPECT_EQ(failure_of([&] { rt->release_quarantined("p", "a.z"); })->code(), ec::not_found);
  EXPECT_THAT(rt->release_quarantined("p", "a.x").quarantined, SizeIs(0));
  EXPECT_TRUE(rt->emit_sync("a.x", json::object(), soon).all_handled());
}

TEST_F(Supervision, QuarantineOutlastsARestart) {
  auto crash = std::make_shared<std::atomic<bool>>(false);
  const auto rt = running({scripted("p", {.on_load =
                                              [book = book_, crash](plugin_context& ctx) {
                                                book->write("load");
                                                ctx.events().on("a.x", [](const event&) { throw 1; });
                                                ctx.events().on("a.crash", [crash](const event&) {
                                                  if (crash->exchange(false)) throw plugin_crash{"now"};
                                                });
                                              }})},
                          with({.quarantine_after = 1}));
  rt->emit("a.x");
  ASSERT_TRUE(eventually([&] { return !shown(*rt)->quarantined.empty(); }));
  *crash = true;
  rt->emit("a.crash");
  ASSERT_TRUE(eventually([&] { return shown(*rt)->counters.restarts == 1; }));
  EXPECT_EQ(rt->emit("a.x").dropped, 1U);
}

TEST_F(Supervision, ARestartingPluginCanBeUnloadedAtOnceAndDisabled) {
  for (const bool unloaded : {true, false}) {
    auto rules = supervision{};
    rules.restarts.first_delay = rules.restarts.longest_delay = std::chrono::milliseconds{30'000};
    auto settings = options();
    settings.supervision = rules;
    const auto rt = running({counting([](int) { return true; })}, settings);
    rt->emit("a.number", json{{"n", 1}});
    ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::restarting; }));
    if (unloaded) {
      EXPECT_EQ(rt->unload("p").state, plugin_state::unloaded);
    } else {
      EXPECT_EQ(rt->disable("p").state, plugin_state::disabled);
      EXPECT_EQ(rt->enable("p").state, plugin_state::enabled);
    }
    EXPECT_THAT(rt->list_dead_letters(), SizeIs(1));
  }
}

TEST_F(Supervision, AHandlerPastItsDeadlineHasFailedThoughItReturns) {
  auto rules = supervision{};
  rules.handler_deadline = std::chrono::milliseconds{50};
  auto settings = options();
  settings.supervision = rules;
  auto wait = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load =
                                              [wait](plugin_context& ctx) {
                                                ctx.events().on("a.x", [wait](const event&) { wait->pass(); });
                                              }})},
                          settings);
  rt->emit("a.x");
  ASSERT_TRUE(wait->await_arrival());
  ASSERT_TRUE(eventually([&] { return shown(*rt)->turns.executor == "own"; }));
  ASSERT_TRUE(eventually([&] { return logs().has(log_level::warn, "stands still"); })) << "longer than the deadline";
  wait->open();
  ASSERT_TRUE(eventually([&] { return shown(*rt)->counters.failed == 1; }));
  ASSERT_THAT(rt->list_dead_letters(), SizeIs(1));
  EXPECT_EQ(rt->list_dead_letters()[0].cause, dead_letter_cause::handler_deadline);
}

TEST_F(Supervision, ARedriveOfWhatNobodyTakesKeepsTheLetter) {
  const auto rt = running({counting([](int) { return true; })}, with({.restarts = {.most = 0}, .most_attempts = 1}));
  rt->emit("a.number", json{{"n", 1}});
  ASSERT_TRUE(eventually([&] { return state(*rt) == plugin_state::failed && rt->list_dead_letters().size() == 1; }));
  EXPECT_EQ(failure_of([&] { rt->redrive(rt->list_dead_letters()[0].id); })->code(), ec::unavailable);
  EXPECT_THAT(rt->list_dead_letters(), SizeIs(1));
  EXPECT_EQ(failure_of([&] { rt->redrive(4711); })->code(), ec::not_found);
}

TEST_F(Supervision, PluginsEmitOnlyTheirOwnEventsUnlessTheirManifestAllowsMore) {
  auto plugin =
      scripted("p", {.on_load = [book = book_](plugin_context& ctx) {
                 ctx.events().on("a.go", [book, &ctx](const event&) {
                   ctx.events().emit_platform("session.terminated", json{{"id", "s1"}});
                   for (const auto* type : {"user.created", "plugin.other.x"}) {
                     try {
                       ctx.events().emit_platform(type);
                     } catch (const error& e) {
                       book->write(std::string{to_string(e.code())} + " " + type);
                     }
                   }
                 });
                 ctx.events().on("session.>", [book](const event& e) { book->write(e.type() + " " + e.source()); });
               }});
  plugin.manifest.permissions = {"emit:session.*", "emit:plugin.>"};
  const auto rt = running({std::move(plugin)});
  rt->emit("a.go");
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), Contains("session.terminated p"));
  EXPECT_THAT(book_->lines(), Contains("permission_denied user.created"));
  EXPECT_THAT(book_->lines(), Contains("permission_denied plugin.other.x"));
}

}  // namespace
}  // namespace streamspace::testing
