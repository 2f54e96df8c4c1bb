#include <thread>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/plugin.hpp>

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;

class kept_events final : public event_port {
 public:
  emit_report emit(event&& e) override {
    last = std::make_shared<const event>(std::move(e));
    return {3, 2, 1};
  }
  sync_report emit_sync(event&& e, std::chrono::milliseconds deadline) override {
    last = std::make_shared<const event>(std::move(e));
    last_deadline = deadline;
    return {};
  }
  void emit_then(event&& e, std::chrono::milliseconds deadline, std::function<void(sync_report)> done) override {
    last = std::make_shared<const event>(std::move(e));
    last_deadline = deadline;
    bring_report = std::move(done);
  }
  event_ptr last;
  std::chrono::milliseconds last_deadline{};
  std::function<void(sync_report)> bring_report;
};

class PluginContext : public ::testing::Test {
 protected:
  static plugin_services services(std::shared_ptr<event_port> events) {
    plugin_services s;
    s.events = std::move(events);
    s.storage = std::make_shared<memory_storage>();
    return s;
  }
  std::shared_ptr<kept_events> events = std::make_shared<kept_events>();
  plugin_context ctx{plain_manifest("greeter", "1.2.3"), json{{"lang", "en"}}, services(events)};
};

const route_handler answer = [](const request&) { return response{}; };

TEST_F(PluginContext, KnowsItsPlugin) {
  EXPECT_EQ(ctx.name(), "greeter");
  EXPECT_EQ(ctx.manifest().version, "1.2.3");
  EXPECT_EQ(ctx.config().get<std::string>("/lang"), "en");
}

TEST_F(PluginContext, RefusesToRegisterOutsideOfATurn) {
  const std::vector<std::function<void()>> calls{
      [&] { ctx.events().on("session.*", [](const event&) {}); },
      [&] { ctx.events().off("session.*"); },
      [&] { ctx.storage().watch("a:", [](const storage_change&) {}); },
      [&] { ctx.storage().unwatch("a:"); },
      [&] { ctx.api().get("/hello", answer); },
      [&] { ctx.api().post("/hello", answer); },
      [&] { ctx.api().put("/hello", answer); },
      [&] { ctx.api().patch("/hello", answer); },
      [&] { ctx.api().del("/hello", answer); },
      [&] { ctx.api().register_endpoint({.method = "GET", .path = "/all", .handler = answer}); },
      [&] { ctx.api().unregister("GET", "/hello"); },
      [&] { ctx.ui().widget({.id = "w", .title = "W", .component = "W"}); },
      [&] { ctx.ui().admin_widget({.id = "w", .title = "W", .component = "W"}); },
      [&] { ctx.ui().page({.id = "p", .title = "P", .path = "/p", .component = "P"}); },
      [&] { ctx.ui().admin_page({.id = "p", .title = "P", .path = "/p", .component = "P"}); },
      [&] { ctx.ui().menu_item({.id = "m", .label = "M", .path = "/m"}); },
      [&] { ctx.ui().unregister(ui_kind::widget, "w"); }};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto failure = failure_of(calls[i]);
    ASSERT_TRUE(failure) << "call " << i;
    EXPECT_EQ(failure->code(), ec::not_in_turn) << "call " << i;
    EXPECT_THAT(failure->message(), HasSubstr("greeter"));
  }
  const plugin_context::turn turn{ctx};
  for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_FALSE(failure_of(calls[i])) << "call " << i;
}

TEST_F(PluginContext, IsInTurnOnTheThreadOfTheTurnOnly) {
  EXPECT_FALSE(ctx.in_turn());
  {
    const plugin_context::turn turn{ctx};
    EXPECT_TRUE(ctx.in_turn());
    bool elsewhere = true;
    std::thread{[&] { elsewhere = ctx.in_turn(); }}.join();
    EXPECT_FALSE(elsewhere);
  }
  EXPECT_FALSE(ctx.in_turn());
}

TEST_F(PluginContext, HasAnEventOnlyInATurnForOne) {
  const event e{"session.created"};
  {
    const plugin_context::turn turn{ctx, &e};
    EXPECT_EQ(ctx.current_event(), &e);
  }
  EXPECT_EQ(ctx.current_event(), nullptr);
}

TEST_F(PluginContext, EmitsUnderThePluginsName) {
  const auto report = ctx.events().emit("greeted", {{"name", "ann"}});
  EXPECT_EQ(report.matched, 3U);
  EXPECT_EQ(report.dropped, 1U);
  EXPECT_EQ(events->last->type(), "plugin.greeter.greeted");
  EXPECT_EQ(events->last->source(), "greeter");
  EXPECT_EQ(events->last->data(), (json{{"name", "ann"}}));
  ctx.events().emit_sync("asked.twice", {}, std::chrono::milliseconds{250});
  EXPECT_EQ(events->last->type(), "plugin.greeter.asked.twice");
  EXPECT_EQ(events->last_deadline, std::chrono::milliseconds{250});
  ctx.events().emit_then("asked.later", {}, std::chrono::milliseconds{350}, [](const sync_report&) {});
  EXPECT_EQ(events->last->type(), "plugin.greeter.asked.later");
  EXPECT_EQ(events->last_deadline, std::chrono::milliseconds{350});
}

TEST_F(PluginContext, RefusesToCallBackWhatIsNoFunction) {
  EXPECT_EQ(failure_of([&] { ctx.events().emit_then("asked", {}, std::chrono::milliseconds{1}, {}); })->code(),
            ec::invalid_argument);
}

TEST_F(PluginContext, RefusesToEmitWhatIsNoEventType) {
  for (const auto* name : {"", "a b", "session.", "*"})
    EXPECT_EQ(failure_of([&] { ctx.events().emit(name); })->code(), ec::invalid_argument) << name;
}

TEST_F(PluginContext, KeepsAllThatIsSaidOfARoute) {
  const plugin_context::turn turn{ctx};
  auto& registered = ctx.registered("test");
  int order = 0;
  const middleware wrapper = [&order](const request& rq, const route_handler& next) { return ++order, next(rq); };
  ctx.api().del("/items/:id", answer).permission("a").permission("b").describe("Removes it").use(wrapper);
  ctx.api().register_endpoint({"PATCH", "/items/:id", answer, {wrapper, wrapper}, {"c"}, "Changes it"});

  struct : registration_sink {
    void publish(const std::vector<subscription_ptr>&) override {}
    void publish(const std::vector<plugin_route_ptr>& r) override { routes = r; }
    void publish(const std::vector<ui_component>&) override {}
    std::vector<plugin_route_ptr> routes;
  } sink;
  registered.commit(sink);
  ASSERT_EQ(sink.routes.size(), 2U);
  EXPECT_EQ(sink.routes[0]->method, "DELETE");
  EXPECT_THAT(sink.routes[0]->permissions, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(sink.routes[0]->description, "Removes it");
  EXPECT_EQ(sink.routes[0]->chain.size(), 1U);
  EXPECT_EQ(sink.routes[1]->method, "PATCH");
  EXPECT_EQ(sink.routes[1]->chain.size(), 2U);
  EXPECT_EQ(sink.routes[1]->description, "Changes it");
}

}  // namespace
}  // namespace streamspace::testing
