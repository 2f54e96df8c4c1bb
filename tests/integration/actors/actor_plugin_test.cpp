// Plugins that are actors, or have some.
#include <future>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/actor_plugin.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::eventually;
using testing::failure_of;
using ::testing::HasSubstr;
using testing::scripted;
using testing::state_of;
using enum delivery_outcome;

std::atomic<int> alive{0};  ///< States of actors.
struct state {
  state() { ++alive; }
  ~state() { --alive; }
  int seen = 0;
};
using self_ptr = caf::stateful_actor<state>*;

class ActorPlugins : public testing::runtime_test {
 protected:
  template <auto Function>
  static plugin_factory actor(std::string name = "counter") {
    return make_plugin_factory<actor_plugin<Function>>(plain_manifest(std::move(name)));
  }
  static response ask(runtime& rt, const std::string& path, request rq = {}) {
    const auto routes = rt.routes().current();
    for (const auto& e : *routes) {
      if (e.path != path) continue;
      std::promise<response> answered;
      rq.path = path;
      e.dispatch(std::move(rq), responder{[&](response r) { answered.set_value(std::move(r)); }});
      return answered.get_future().get();
    }
    return response{404};
  }
  static delivery_result the(const sync_report& report) {
    EXPECT_EQ(report.results.size(), 1U);
    return report.results.front();
  }
};

caf::behavior counter(self_ptr self, plugin_context&) {
  return {[=](const event&) { ++self->state.seen; },
          [=](const request&) -> response {
            return json{{"seen", self->state.seen}};
          }};
}

TEST_F(ActorPlugins, HearEverythingAndAnswerEverythingWhenTheyRegisterNothing) {
  const auto rt = running({actor<counter>()});
  for (int i = 0; i < 10; ++i) rt->emit_sync("some.thing", json::object(), 30s);
  EXPECT_GE(ask(*rt, "/api/plugins/counter/*path").json()["seen"], 10);
}

caf::behavior registering(self_ptr self, plugin_context& ctx) {
  ctx.events().on("tick", to(ctx, self));
  ctx.api().get("/seen", to(ctx, self)).describe("How many ticks");
  return {[=](const event& e) {
            if (e.data().contains("fail")) throw std::runtime_error{"not this one"};
            if (e.data().contains("crash")) throw plugin_crash{"cannot go on"};
            if (e.data().contains("quit")) self->quit(caf::exit_reason::user_shutdown);
            ++self->state.seen;
          },
          [=](const request&) {
            return json{{"seen", self->state.seen}};
          },
          [=](state_request) { return json{self->state.seen}; },
          [=](const saved_state& from) { self->state.seen = from.data.at(0).get<int>(); }};
}

TEST_F(ActorPlugins, GetWhatTheySubscribedToAndServe) {
  const auto rt = running({actor<registering>()});
  rt->emit_sync("other", json::object(), 30s);
  EXPECT_TRUE(rt->emit_sync("tick", json::object(), 30s).failures().empty());
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/seen").json()["seen"], 1);
}

TEST_F(ActorPlugins, FailAtWhatTheyThrowAndGoOn) {
  const auto rt = running({actor<registering>()});
  const auto failed = the(rt->emit_sync("tick", json{{"fail", true}}, 30s));
  EXPECT_EQ(failed.outcome, exception);
  EXPECT_EQ(failed.exception_type, "std::runtime_error");
  EXPECT_EQ(failed.what, "not this one");
  EXPECT_EQ(the(rt->emit_sync("tick", json::object(), 30s)).outcome, handled);
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/seen").json()["seen"], 1);
  EXPECT_EQ(rt->plugin("counter")->counters.failed, 1U);
}

TEST_F(ActorPlugins, AreRestartedWhenTheyCrashOrEnd) {
  for (const auto* how : {"crash", "quit"}) {
    auto settings = options();
    settings.supervision.restarts.first_delay = 1ms;
    const auto rt = running({actor<registering>()}, std::move(settings));
    rt->emit_sync("tick", json::object(), 30s);
    rt->emit_sync("tick", json{{how, true}}, 30s);
    EXPECT_TRUE(eventually([&] {
      const auto shown = rt->plugin("counter");
      return shown->counters.restarts > 0 && shown->state == plugin_state::enabled;
    })) << how;
    EXPECT_LE(ask(*rt, "/api/plugins/counter/seen").json()["seen"], 1) << "a new one";
  }
  EXPECT_EQ(alive, 0);
}

TEST_F(ActorPlugins, HandTheirStateOverWhenTheyAreReloaded) {
  const auto rt = running({actor<registering>()});
  for (int i = 0; i < 5; ++i) rt->emit_sync("tick", json::object(), 30s);
  rt->reload("counter");
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/seen").json()["seen"], 5);
  EXPECT_EQ(alive, 1);
}

struct promises {
  std::vector<caf::typed_response_promise<response>> open;
};

caf::behavior later(caf::stateful_actor<promises>* self, plugin_context& ctx) {
  ctx.api().get("/later", to(ctx, self));
  ctx.api().get("/never", to(ctx, self));
  ctx.api().get("/text", to(ctx, self));
  ctx.api().get("/refused", to(ctx, self));
  return {[=](const request& rq) -> caf::result<response> {
            if (rq.path.ends_with("/refused")) return to_caf(streamspace::error{ec::permission_denied, "not you"});
            auto promise = self->make_response_promise<response>();
            if (rq.path.ends_with("/later")) {
              self->state.open.push_back(promise);
              self->delayed_send(self, 5ms, caf::atom("now"));
            } else if (rq.path.ends_with("/text")) {
              promise.deliver(response::text("at once"));
            }
            return promise;
          },
          [=](caf::atom_value) {
            for (auto& promise : self->state.open) promise.deliver(response::text("at last"));
            self->state.open.clear();
          }};
}

TEST_F(ActorPlugins, AnswerLater) {
  const auto rt = running({actor<later>()});
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/later").body, "at last");
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/text").body, "at once");
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/refused").status, 403);
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/never").status, 503) << "the promise was given up";
}

caf::behavior with_helpers(self_ptr self, plugin_context& ctx) {
  const auto doubling = ctx.spawn([&ctx](self_ptr helper) -> caf::behavior {
    return {[&ctx, helper](int n) {
      ++helper->state.seen;
      EXPECT_TRUE(ctx.in_turn()) << "nothing of the plugin runs beside it";
      if (n < 0) throw std::runtime_error{"no negative numbers"};
      return 2 * n;
    }};
  });
  const auto apart = spawn_apart(ctx, [&ctx](self_ptr helper) -> caf::behavior {
    return {[&ctx, helper](int n) {
      EXPECT_FALSE(ctx.in_turn());
      ctx.storage().set("n", n);
      return helper->state.seen += n;
    }};
  });
  ctx.events().on("double", to(ctx, self));
  ctx.api().get("/sum", [self](const request&) -> response { return json{{"sum", self->state.seen}}; });
  return {[=](const event& e) {
    self->request(doubling, caf::infinite, e.data()["n"].get<int>())
        .then(
            [=](int doubled) {
              self->request(apart, caf::infinite, doubled).then([=](int sum) { self->state.seen = sum; });
            },
            [=](const caf::error&) { self->state.seen = -1; });
  }};
}

TEST_F(ActorPlugins, HaveHelpersThatEndWithThem) {
  {
    const auto rt = running({actor<with_helpers>()});
    EXPECT_EQ(alive, 3);
    rt->emit("double", json{{"n", 2}});
    rt->emit("double", json{{"n", 3}});
    EXPECT_TRUE(eventually([&] { return ask(*rt, "/api/plugins/counter/sum").json()["sum"] == 10; }));
    rt->emit("double", json{{"n", -1}});
    EXPECT_TRUE(eventually([&] { return ask(*rt, "/api/plugins/counter/sum").json()["sum"] == -1; }));
    EXPECT_TRUE(eventually([&] { return logs().has(log_level::error, "no negative numbers"); }));
    rt->unload("counter");
    EXPECT_EQ(alive, 0);
  }
}

TEST_F(ActorPlugins, OfEveryKindMayHaveHelpers) {
  std::promise<int> told;
  const auto rt = running({scripted("plain", {.on_load = [&](plugin_context& ctx) {
                                      const auto helper = ctx.spawn([&told](caf::event_based_actor*) -> caf::behavior {
                                        return {[&told](int n) { told.set_value(n); }};
                                      });
                                      ctx.events().on("go", [helper](const event&) { caf::anon_send(helper, 42); });
                                    }})});
  rt->emit("go", json::object());
  EXPECT_EQ(told.get_future().get(), 42);
}

caf::behavior failing(self_ptr, plugin_context&) {
  throw std::runtime_error{"no such luck"};
}

TEST_F(ActorPlugins, FailToLoadWhenTheyThrowAsTheyBegin) {
  const auto rt = started({actor<failing>()});
  const auto refused = failure_of([&] { rt->load({.name = "counter"}); });
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message(), AllOf(HasSubstr("on_load threw std::runtime_error: no such luck")));
  EXPECT_EQ(alive, 0);
}

caf::behavior making_children(self_ptr self, plugin_context& ctx) {
  ctx.events().on("go", to(ctx, self));
  const auto child = self->spawn([](self_ptr its) -> caf::behavior { return {[its](int n) { its->state.seen = n; }}; });
  return {[=](const event&) { self->send(child, 1); }};
}

TEST_F(ActorPlugins, EndTheChildrenOfTheirActorsToo) {
  const auto rt = running({actor<making_children>()});
  rt->emit_sync("go", json::object(), 30s);
  EXPECT_EQ(alive, 2);
  rt->unload("counter");
  EXPECT_EQ(alive, 0);
}

caf::behavior unmatched(caf::event_based_actor* self, plugin_context& ctx) {
  ctx.events().on("tick", to(ctx, self));
  ctx.api().get("/any", to(ctx, self));
  return {[](int) {}};
}

TEST_F(ActorPlugins, SayThatTheyHaveNothingForWhatTheySubscribedTo) {
  const auto rt = running({actor<unmatched>()});
  const auto failed = the(rt->emit_sync("tick", json::object(), 30s));
  EXPECT_EQ(failed.outcome, delivery_outcome::error);
  EXPECT_THAT(failed.what, HasSubstr("has nothing for an event"));
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/any").status, 404);
}

using typed_counter = caf::typed_actor<caf::reacts_to<event>, caf::replies_to<request>::with<response>>;
typed_counter::behavior_type typed(typed_counter::stateful_pointer<state> self, plugin_context& ctx) {
  ctx.events().on("tick", to(ctx, self));
  ctx.api().get("/seen", to(ctx, self));
  return {[=](const event&) { ++self->state.seen; },
          [=](const request&) -> response {
            return json{{"seen", self->state.seen}};
          }};
}

TEST_F(ActorPlugins, MayBeTyped) {
  const auto rt = running({actor<typed>()});
  rt->emit_sync("tick", json::object(), 30s);
  EXPECT_EQ(ask(*rt, "/api/plugins/counter/seen").json()["seen"], 1);
}

caf::behavior ticking(self_ptr self, plugin_context& ctx) {
  self->delayed_send(self, 1ms, caf::atom("tick"));
  ctx.api().get("/seen", to(ctx, self));
  return {[=](caf::atom_value) {
            ++self->state.seen;
            self->delayed_send(self, 1ms, caf::atom("tick"));
          },
          [=](const request&) {
            return json{{"seen", self->state.seen}};
          }};
}

TEST_F(ActorPlugins, MayWakeThemselvesAndStillEnd) {
  const auto rt = running({actor<ticking>()});
  EXPECT_TRUE(eventually([&] { return ask(*rt, "/api/plugins/counter/seen").json()["seen"] > 5; }));
  rt->unload("counter");
  EXPECT_EQ(alive, 0);
}

caf::behavior endless(self_ptr self, plugin_context& ctx) {
  self->send(self, 1);
  ctx.events().on("tick", to(ctx, self));
  ctx.api().get("/seen", to(ctx, self));
  return {[=](int n) { self->send(self, n + 1); }, [=](const event&) { ++self->state.seen; },
          [=](const request&) {
            return json{{"seen", self->state.seen}};
          }};
}

TEST_F(ActorPlugins, DoNotKeepTheirEventsWaitingForWhatTheySendThemselves) {
  const auto rt = running({actor<endless>()});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(the(rt->emit_sync("tick", json::object(), 30s)).outcome, handled);
  EXPECT_TRUE(eventually([&] { return ask(*rt, "/api/plugins/counter/seen").json()["seen"] == 20; }));
}

}  // namespace
}  // namespace streamspace
