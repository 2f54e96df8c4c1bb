#include <functional>

#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/plugin_test_bed.hpp>

#include <streamspace/plugin.hpp>

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A plugin whose hooks are the test's.
struct script {
  std::function<void(plugin_context&)> on_load = [](auto&) {};
  std::function<void(plugin_context&)> on_enable = [](auto&) {};
  std::function<void(plugin_context&)> on_disable = [](auto&) {};
  std::function<void(plugin_context&)> on_unload = [](auto&) {};
  std::function<void(plugin_context&, const session&)> on_session_created = [](auto&, auto&) {};
  std::function<void(plugin_context&, const user&)> on_user_login = [](auto&, auto&) {};
};

class scripted final : public base_plugin {
 public:
  explicit scripted(const script& lines) : lines_{lines} {}
  void on_load(plugin_context& ctx) override { lines_.on_load(ctx); }
  void on_enable(plugin_context& ctx) override { lines_.on_enable(ctx); }
  void on_disable(plugin_context& ctx) override { lines_.on_disable(ctx); }
  void on_unload(plugin_context& ctx) override { lines_.on_unload(ctx); }
  void on_session_created(plugin_context& ctx, const session& s) override { lines_.on_session_created(ctx, s); }
  void on_user_login(plugin_context& ctx, const user& u) override { lines_.on_user_login(ctx, u); }

 private:
  const script& lines_;
};

class PluginInstance : public ::testing::Test {
 protected:
  plugin_factory factory() {
    return {plain_manifest("scripted"), [this] {
              return made_plugin{nullptr, std::make_unique<scripted>(lines), hooks_of<scripted>()};
            }};
  }
  std::vector<std::string> patterns() const {
    std::vector<std::string> all;
    for (const auto& s : bed.subscriptions()) all.push_back(s->pattern);
    return all;
  }

  struct handled_request {
    response answer;
    call_outcome outcome;
  };
  handled_request handled(const plugin_route& target) {
    handled_request result;
    responder answer{[&](response r) { result.answer = std::move(r); }};
    result.outcome = bed.instance().handle(target, request{}, answer);
    return result;
  }

  script lines;
  plugin_test_bed bed{factory()};
};

session a_session(std::string id) {
  session s;
  s.id = std::move(id);
  return s;
}

const event_handler deaf = [](const event&) {};

TEST_F(PluginInstance, SubscribesTheHooksThatTheClassHas) {
  ASSERT_TRUE(bed.load().ok());
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login"));
}

TEST_F(PluginInstance, PublishesNothingBeforeItIsEnabled) {
  lines.on_load = [](auto& ctx) { ctx.api().get("/hello", [](const request&) { return response{}; }); };
  lines.on_enable = [this](auto&) { EXPECT_THAT(bed.routes(), IsEmpty()); };
  ASSERT_TRUE(bed.load().ok());
  EXPECT_THAT(bed.routes(), SizeIs(1));
}

TEST_F(PluginInstance, PublishesNothingWhenOnLoadThrows) {
  lines.on_load = [](auto& ctx) {
    ctx.events().on("session.*", deaf);
    throw std::runtime_error{"no licence"};
  };
  const auto outcome = bed.load();
  EXPECT_EQ(outcome.outcome, delivery_outcome::exception);
  EXPECT_EQ(outcome.exception_type, "std::runtime_error");
  EXPECT_EQ(outcome.what, "no licence");
  EXPECT_THAT(bed.subscriptions(), IsEmpty());
}

TEST_F(PluginInstance, PublishesNothingWhenOnEnableThrowsAndMayBeEnabledLater) {
  bool broken = true;
  lines.on_load = [](auto& ctx) { ctx.events().on("load.*", deaf); };
  lines.on_enable = [&](auto& ctx) {
    ctx.events().on("enable.*", deaf);
    ctx.api().get("/hello", [](const request&) { return response{}; });
    if (broken) throw error{ec::unavailable, "not yet"};
  };
  ASSERT_TRUE(bed.instance().load().ok());
  EXPECT_EQ(bed.instance().enable().outcome, delivery_outcome::error);
  EXPECT_THAT(bed.subscriptions(), IsEmpty());
  EXPECT_THAT(bed.routes(), IsEmpty());
  broken = false;
  ASSERT_TRUE(bed.enable().ok());
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login", "load.*", "enable.*"));
  EXPECT_THAT(bed.routes(), SizeIs(1));
}

TEST_F(PluginInstance, FailsToLoadWhenItsFactoryMakesNothing) {
  plugin_test_bed none{{plain_manifest("nothing"), [] { return made_plugin{}; }}};
  const auto outcome = none.load();
  EXPECT_EQ(outcome.outcome, delivery_outcome::error);
  EXPECT_THAT(outcome.what, HasSubstr("made nothing"));
}

TEST_F(PluginInstance, TakesBackAtDisableWhatWasRegisteredSinceEnable) {
  lines.on_enable = [](auto& ctx) { ctx.events().on("enable.*", deaf); };
  lines.on_disable = [this](auto&) { EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login", "hook.*")); };
  lines.on_session_created = [](auto& ctx, auto&) { ctx.events().on("hook.*", deaf); };
  lines.on_load = [](auto& ctx) { ctx.events().on("hook.*", deaf); };
  ASSERT_TRUE(bed.load().ok());
  bed.emit(a_session("s1").created());
  EXPECT_THAT(patterns(), SizeIs(5));
  ASSERT_TRUE(bed.disable().ok());
  ASSERT_TRUE(bed.enable().ok());
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login", "hook.*", "enable.*"));
}

TEST_F(PluginInstance, PublishesWhatAHookRegistersWhenItReturns) {
  lines.on_session_created = [this](auto& ctx, const session& s) {
    ctx.events().on("session." + s.id, deaf);
    EXPECT_THAT(patterns(), SizeIs(2));
  };
  ASSERT_TRUE(bed.load().ok());
  ASSERT_TRUE(bed.emit(a_session("s1").created())[0].ok());
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login", "session.s1"));
}

TEST_F(PluginInstance, ForgetsWhatAHookRegisteredWhenItThrows) {
  lines.on_session_created = [](auto& ctx, auto&) {
    ctx.events().on("forgotten.*", deaf);
    ctx.events().off("user.login");
    throw 42;
  };
  ASSERT_TRUE(bed.load().ok());
  EXPECT_FALSE(bed.emit(a_session("s1").created())[0].ok());
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login"));
  EXPECT_TRUE(bed.subscriptions()[1]->active);
}

TEST_F(PluginInstance, TellsWhatAHookThrew) {
  ASSERT_TRUE(bed.load().ok());
  const auto outcome_of = [&](std::function<void()> thrower) {
    lines.on_session_created = [thrower](auto&, auto&) { thrower(); };
    return bed.emit(a_session("s1").created()).at(0);
  };
  const auto number = outcome_of([] { throw 42; });
  EXPECT_EQ(number.outcome, delivery_outcome::exception);
  EXPECT_EQ(number.exception_type, "int");
  EXPECT_FALSE(number.what.empty());
  const auto text = outcome_of([] { throw std::string{"why"}; });
  EXPECT_EQ(text.what, "why");
  const auto standard = outcome_of([] { throw std::out_of_range{"too far"}; });
  EXPECT_EQ(standard.exception_type, "std::out_of_range");
  EXPECT_EQ(standard.what, "too far");
  const auto ours = outcome_of([] { throw error{ec::conflict, "not now"}; });
  EXPECT_EQ(ours.outcome, delivery_outcome::error);
  EXPECT_EQ(ours.what, "not now");
  const auto database = outcome_of([] {
    throw database_error{error{ec::database_error, "refused", {{"sqlstate", "23505"}}}};
  });
  EXPECT_EQ(database.outcome, delivery_outcome::error);
}

TEST_F(PluginInstance, GivesHooksTheTypedPayloadAndTheEvent) {
  std::vector<std::string> seen;
  lines.on_session_created = [&](plugin_context& ctx, const session& s) {
    ASSERT_NE(ctx.current_event(), nullptr);
    seen = {s.id, s.user_id, ctx.current_event()->id(), ctx.current_event()->type()};
  };
  ASSERT_TRUE(bed.load().ok());
  const auto typed = a_session("s1").created();
  bed.emit(typed);
  EXPECT_THAT(seen, ElementsAre("s1", "", typed.id(), "session.created"));
  const event plain{"session.created", json{{"id", "s2"}, {"user_id", "ann"}}};
  bed.emit(plain);
  EXPECT_THAT(seen, ElementsAre("s2", "ann", plain.id(), "session.created"));
  EXPECT_EQ(bed.instance().context().current_event(), nullptr);
}

TEST_F(PluginInstance, FailsAHookWhoseEventDoesNotFit) {
  bool called = false;
  lines.on_session_created = [&](auto&, auto&) { called = true; };
  ASSERT_TRUE(bed.load().ok());
  const auto outcomes = bed.emit(event{"session.created", json{{"user_id", "ann"}}});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].outcome, delivery_outcome::error);
  EXPECT_THAT(outcomes[0].what, HasSubstr("'id'"));
  EXPECT_FALSE(called);
}

TEST_F(PluginInstance, PassesOverASubscriptionThatWasGivenUp) {
  int calls = 0;
  lines.on_load = [&](auto& ctx) {
    ctx.events().on("a.b", [&](const event&) {
      ++calls;
      ctx.events().off("a.b");
    });
  };
  ASSERT_TRUE(bed.load().ok());
  const auto queued = bed.subscriptions().back();
  const event e{"a.b"};
  EXPECT_TRUE(bed.instance().handle(*queued, e).ok());
  EXPECT_TRUE(bed.instance().handle(*queued, e).ok());
  EXPECT_EQ(calls, 1);
}

TEST_F(PluginInstance, RunsMiddlewareFromTheOutermostIn) {
  std::string order;
  const auto around = [&](char name) {
    return [&order, name](const request& rq, const route_handler& next) {
      order += name;
      auto answer = next(rq);
      order += name;
      return answer;
    };
  };
  lines.on_load = [&](auto& ctx) {
    ctx.api()
        .get("/hello",
             [&](const request&) {
               order += 'h';
               return response{};
             })
        .use(around('a'))
        .use(around('b'));
  };
  ASSERT_TRUE(bed.load().ok());
  EXPECT_EQ(bed.get("/hello").status, 200);
  EXPECT_EQ(order, "abhba");
}

TEST_F(PluginInstance, LetsMiddlewareAnswerAndChangeTheRequest) {
  lines.on_load = [&](auto& ctx) {
    const auto handler = [](const request& rq) { return response{json{{"body", rq.body}}}; };
    ctx.api().post("/closed", handler).use([](const request&, const route_handler&) { return response{418}; });
    ctx.api().post("/changed", handler).use([](request rq, const route_handler& next) {
      rq.body = "changed";
      return next(rq);
    });
  };
  ASSERT_TRUE(bed.load().ok());
  EXPECT_EQ(bed.post("/closed", {}).status, 418);
  EXPECT_EQ(bed.post("/changed", {}).json()["body"], "changed");
}

TEST_F(PluginInstance, AnswersWhatAHandlerThrewAsAProblem) {
  std::function<void()> thrower;
  lines.on_load = [&](auto& ctx) {
    ctx.api().get("/fail", [&](const request&) -> response {
      thrower();
      return response{};
    });
  };
  ASSERT_TRUE(bed.load().ok());
  const auto answered = [&](std::function<void()> t) {
    thrower = std::move(t);
    return handled(*bed.routes()[0]);
  };
  const auto bad = answered([] { throw error{ec::invalid_argument, "the name is empty"}; });
  EXPECT_EQ(bad.answer.status, 400);
  EXPECT_EQ(bad.answer.json()["detail"], "the name is empty");
  EXPECT_TRUE(bad.outcome.ok()) << "refusing the caller's input is no failure of the plugin";
  EXPECT_EQ(answered([] { throw error{ec::not_found, "nobody"}; }).answer.status, 404);

  const auto ours = answered([] { throw error{ec::database_unreachable, "gone"}; });
  EXPECT_EQ(ours.answer.status, 503);
  EXPECT_EQ(ours.outcome.outcome, delivery_outcome::error);

  for (const auto& t :
       {std::function<void()>{[] { throw 42; }}, {[] { throw std::runtime_error{"password=hunter2"}; }}}) {
    const auto other = answered(t);
    EXPECT_EQ(other.answer.status, 500);
    EXPECT_EQ(other.answer.json()["code"], "plugin_failed");
    EXPECT_THAT(other.answer.body, ::testing::Not(HasSubstr("hunter2")));
    EXPECT_EQ(other.outcome.outcome, delivery_outcome::exception);
  }
}

TEST_F(PluginInstance, KeepsWhatAHandlerRegisteredWhenItRefusesItsInput) {
  lines.on_load = [](auto& ctx) {
    ctx.api().post("/refuse", [&ctx](const request&) -> response {
      ctx.events().on("kept.*", deaf);
      throw error{ec::invalid_argument, "no"};
    });
    ctx.api().post("/fail", [&ctx](const request&) -> response {
      ctx.events().on("forgotten.*", deaf);
      throw error{ec::internal, "no"};
    });
  };
  ASSERT_TRUE(bed.load().ok());
  bed.post("/refuse");
  bed.post("/fail");
  EXPECT_THAT(patterns(), ElementsAre("session.created", "user.login", "kept.*"));
}

TEST_F(PluginInstance, LeavesTheAnswerToAHandlerThatTakesTheResponder) {
  responder kept;
  lines.on_load = [&](auto& ctx) {
    ctx.api().get("/later", [&](const request&, responder answer) { kept = std::move(answer); });
    ctx.api().post("/twice", [&ctx](const request&) -> response {
      ctx.take_responder()(response::text("first"));
      EXPECT_EQ(streamspace::testing::code_of([&] { ctx.take_responder(); }), ec::conflict);
      return response::text("second");
    });
  };
  ASSERT_TRUE(bed.load().ok());
  std::vector<std::string> answers;
  const auto ask = [&](std::size_t route) {
    responder answer{[&](const response& r) { answers.push_back(r.body); }};
    return bed.instance().handle(*bed.routes()[route], request{}, answer);
  };
  EXPECT_TRUE(ask(0).ok());
  EXPECT_TRUE(answers.empty());
  kept(response::text("at last"));
  EXPECT_TRUE(ask(1).ok());
  EXPECT_EQ(answers, (std::vector<std::string>{"at last", "first"}));
}

TEST_F(PluginInstance, RunsEveryHookInTurn) {
  std::string order;
  const auto step = [&](char name) {
    return [&order, name](plugin_context& ctx) { order += ctx.in_turn() ? name : '!'; };
  };
  lines.on_load = step('l');
  lines.on_enable = step('e');
  lines.on_disable = step('d');
  lines.on_unload = step('u');
  ASSERT_TRUE(bed.load().ok());
  ASSERT_TRUE(bed.disable().ok());
  ASSERT_TRUE(bed.enable().ok());
  ASSERT_TRUE(bed.unload().ok());
  EXPECT_EQ(order, "lededu") << "and on_disable before on_unload, since it was enabled";
}

TEST_F(PluginInstance, AnswersWithoutTheHandlerOnceItHasEnded) {
  lines.on_load = [](auto& ctx) { ctx.api().get("/hello", [](const request&) { return response{}; }); };
  ASSERT_TRUE(bed.load().ok());
  const auto target = bed.subscriptions()[0];
  const auto queued = bed.routes()[0];
  ASSERT_TRUE(bed.unload().ok());
  EXPECT_EQ(bed.instance().handle(*target, a_session("s1").created()).outcome, delivery_outcome::terminated);
  EXPECT_EQ(handled(*queued).answer.status, 503);
}

TEST_F(PluginInstance, UnloadsThoughItsHooksThrow) {
  lines.on_disable = [](auto&) { throw std::runtime_error{"disable"}; };
  lines.on_unload = [](auto&) { throw std::runtime_error{"unload"}; };
  ASSERT_TRUE(bed.load().ok());
  const auto outcome = bed.unload();
  EXPECT_EQ(outcome.what, "disable") << "the first failure is the one told";
  EXPECT_EQ(bed.instance().handle(subscription{}, event{"a"}).outcome, delivery_outcome::terminated);
}

}  // namespace
}  // namespace streamspace::testing
