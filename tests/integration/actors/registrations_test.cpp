// What plugins register: in force when the hook returns, gone when the plugin goes.
#include <future>

#include <gmock/gmock.h>

#include "runtime_test.hpp"

namespace streamspace {
namespace {

using testing::door;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::plugin_script;
using testing::scripted;
using testing::soon;
using ::testing::UnorderedElementsAre;
using enum delivery_outcome;

class Registrations : public testing::runtime_test {
 protected:
  static std::vector<std::string> routes_of(runtime& rt) {
    std::vector<std::string> all;
    const auto routes = rt.routes().current();
    for (const auto& e : *routes) all.push_back(e.method + " " + e.path);
    return all;
  }
  /// What the route answers now; 404 when it is not published.
  static response call(runtime& rt, const std::string& method, const std::string& path, request rq = {}) {
    const auto routes = rt.routes().current();
    for (const auto& e : *routes)
      if (e.method == method && e.path == path) return call(e, std::move(rq));
    return response{404};
  }
  static response call(const endpoint& route, request rq = {}) {
    std::promise<response> answer;
    rq.method = route.method;
    rq.path = route.path;
    route.dispatch(std::move(rq), responder{[&](response r) { answer.set_value(std::move(r)); }});
    return answer.get_future().get();
  }
};

TEST_F(Registrations, AreInForceWhenTheHandlerThatMadeThemReturns) {
  const auto rt = running({scripted("p", {.on_load = [](plugin_context& ctx) {
                                      ctx.events().on("add", [&ctx](const event&) {
                                        ctx.events().on("a.b", [](const event&) {});
                                        ctx.api().get("/x", [](const request&) { return response{200}; });
                                        ctx.ui().page({.id = "home", .title = "Home", .path = "/", .component = "c"});
                                      });
                                      ctx.events().on("drop", [&ctx](const event&) {
                                        ctx.events().off("a.b");
                                        ctx.api().unregister("GET", "/x");
                                        ctx.ui().unregister(ui_kind::page, "home");
                                      });
                                    }})});
  EXPECT_EQ(rt->emit("a.b").matched, 0U);
  ASSERT_TRUE(rt->emit_sync("add", json::object(), soon).all_handled());
  EXPECT_EQ(rt->emit("a.b").matched, 1U);
  EXPECT_THAT(routes_of(*rt), ElementsAre("GET /api/plugins/p/x"));
  EXPECT_EQ(rt->ui_components({})["pages"].size(), 1U);
  ASSERT_TRUE(rt->emit_sync("drop", json::object(), soon).all_handled());
  EXPECT_EQ(rt->emit("a.b").matched, 0U);
  EXPECT_THAT(routes_of(*rt), IsEmpty());
  EXPECT_THAT(rt->ui_components({})["pages"], IsEmpty());
}

TEST_F(Registrations, AreForgottenWhenTheHandlerThatMadeThemThrows) {
  const auto rt = running({scripted("p", {.on_load = [](plugin_context& ctx) {
                                      ctx.events().on("kept", [](const event&) {});
                                      ctx.events().on("add", [&ctx](const event&) {
                                        ctx.events().on("a.b", [](const event&) {});
                                        ctx.events().off("kept");
                                        ctx.api().get("/x", [](const request&) { return response{200}; });
                                        throw 42;
                                      });
                                    }})});
  EXPECT_EQ(rt->emit_sync("add", json::object(), soon).results.at(0).outcome, exception);
  EXPECT_EQ(rt->emit("a.b").matched, 0U);
  EXPECT_EQ(rt->emit("kept").matched, 1U);
  EXPECT_THAT(routes_of(*rt), IsEmpty());
  EXPECT_EQ(rt->emit_sync("add", json::object(), soon).results.at(0).exception_type, "int")
      << "no conflict with the first try";
}

TEST_F(Registrations, StopsDeliveriesToASubscriptionThatWasGivenUpThoughTheyWait) {
  auto wait = std::make_shared<door>();
  auto late = std::make_shared<std::atomic<int>>(0);
  const auto rt = running({scripted("p", {.on_load = [wait, late](plugin_context& ctx) {
                                      ctx.events().on("a.b", [late](const event&) { ++*late; });
                                      ctx.events().on("drop", [wait, &ctx](const event&) {
                                        wait->pass();
                                        ctx.events().off("a.b");
                                      });
                                    }})});
  rt->emit("drop");
  ASSERT_TRUE(wait->await_arrival());
  rt->emit("a.b");
  wait->open();
  rt->unload("p");
  EXPECT_EQ(*late, 0);
}

TEST_F(Registrations, OfOnEnableLastUntilOnDisable) {
  const auto rt =
      running({scripted("p", {.on_load = [](plugin_context& ctx) { ctx.events().on("a.load", [](const event&) {}); },
                              .on_enable =
                                  [](plugin_context& ctx) {
                                    ctx.events().on("a.enable", [](const event&) {});
                                    ctx.api().get("/e", [](const request&) { return response{200}; });
                                  }})});
  EXPECT_EQ(rt->emit("a.enable").matched, 1U);
  rt->disable("p");
  EXPECT_THAT(routes_of(*rt), IsEmpty());
  rt->enable("p");
  EXPECT_EQ(rt->emit("a.enable").matched, 1U) << "once, not once an enable";
  EXPECT_EQ(rt->emit("a.load").matched, 1U);
  EXPECT_THAT(routes_of(*rt), ElementsAre("GET /api/plugins/p/e"));
}

// The original could not take a route away without a restart, and did not enforce declared permissions.
TEST_F(Registrations, RoutesComeAndGoWithTheirPluginAndSayWhomTheyLetIn) {
  const auto rt = started(
      {scripted("p", {.on_load =
                          [](plugin_context& ctx) {
                            ctx.api()
                                .post("/send/:to", [](const request& rq) { return response::text("to " + rq.path); })
                                .permission("p.send")
                                .permission("p.write")
                                .describe("Sends");
                          }}),
       scripted("q", {.on_load = [](plugin_context& ctx) {
                  ctx.api().get("/", [](const request&) { return response{200}; });
                }})});
  EXPECT_THAT(routes_of(*rt), IsEmpty());
  rt->load({.name = "p"});
  rt->load({.name = "q"});
  ASSERT_THAT(routes_of(*rt), ElementsAre("POST /api/plugins/p/send/:to", "GET /api/plugins/q"));
  const auto route = rt->routes().current()->at(0);
  EXPECT_EQ(route.plugin, "p");
  EXPECT_THAT(route.permissions, ElementsAre("p.send", "p.write"));
  EXPECT_EQ(route.who, access::signed_in);
  EXPECT_EQ(route.description, "Sends");
  EXPECT_EQ(call(route).status, 200);
  EXPECT_EQ(rt->plugin("p")->counters.requests, 1U);

  rt->disable("p");
  EXPECT_THAT(routes_of(*rt), ElementsAre("POST /api/plugins/p/send/:to", "GET /api/plugins/q"));
  EXPECT_EQ(call(route).status, 503) << "known, but not now";
  rt->enable("p");
  EXPECT_EQ(call(route).status, 200);
  rt->unload("p");
  EXPECT_THAT(routes_of(*rt), ElementsAre("GET /api/plugins/q"));
  EXPECT_EQ(call(route).status, 503) << "a server that has not heard of it yet gets an answer, too";
}

TEST_F(Registrations, ARouteAnswersWhatItsHandlerThrowsAsAProblem) {
  const auto rt = running(
      {scripted("p", {.on_load = [](plugin_context& ctx) {
                  ctx.api().get("/error", [](const request&) -> response {
                    throw streamspace::error{ec::not_found, "no such thing"};
                  });
                  ctx.api().get("/crash", [](const request&) -> response { throw std::runtime_error{"secret"}; });
                  ctx.api().get("/number", [](const request&) -> response { throw 42; });
                }})});
  const auto refused = call(*rt, "GET", "/api/plugins/p/error");
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.json()["detail"], "no such thing");
  for (const auto* path : {"/api/plugins/p/crash", "/api/plugins/p/number"}) {
    const auto crashed = call(*rt, "GET", path);
    EXPECT_EQ(crashed.status, 500);
    EXPECT_EQ(crashed.body.find("secret"), std::string::npos);
  }
  EXPECT_TRUE(logs().has(log_level::error, "secret"));
  EXPECT_EQ(rt->plugin("p")->counters.requests, 3U);
}

TEST_F(Registrations, TellTheServerThatFollowsThem) {
  const auto rt = started({scripted("p", {.on_load = [](plugin_context& ctx) {
                                      ctx.api().get("/x", [](const request&) { return response{200}; });
                                    }})});
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  rt->routes().follow([&](const std::shared_ptr<const endpoint_list>& now) {
    std::lock_guard lock{mutex};
    sizes.push_back(now->size());
  });
  rt->load({.name = "p"});
  rt->unload("p");
  rt->routes().follow({});
  EXPECT_THAT(sizes, ElementsAre(0U, 1U, 0U));
}

TEST_F(Registrations, MakeTheDocumentOfTheUserInterface) {
  const auto ui_plugin = [](const std::string& name, int order) {
    return scripted(
        name, {.on_load = [order](plugin_context& ctx) {
          ctx.ui().widget({.id = "w", .title = "W", .component = "w.js"});
          ctx.ui().admin_widget({.id = "aw", .title = "AW", .component = "aw.js"});
          ctx.ui().page({.id = "home", .title = "Home", .path = "/home", .component = "home.js"});
          ctx.ui().admin_page({.id = "admin", .title = "Admin", .path = "/a", .component = "a.js", .order = order});
          ctx.ui().menu_item({.id = "m", .label = "M", .path = "/m", .order = order});
        }});
  };
  const auto rt = running({ui_plugin("first", 20), ui_plugin("second", 10)});
  const auto shown = rt->ui_components({"root", "admin", {}});
  for (const auto* list : {"widgets", "adminWidgets", "pages", "adminPages", "menuItems"})
    EXPECT_EQ(shown[list].size(), 2U) << list;
  EXPECT_EQ(shown["menuItems"][0]["plugin"], "second");
  EXPECT_EQ(shown["pages"][0]["path"], "/plugins/first/home");
  EXPECT_THAT(rt->ui_components({"u1", "user", {}})["adminPages"], IsEmpty());
  rt->disable("second");
  EXPECT_EQ(rt->ui_components({})["widgets"].size(), 1U);
  rt->unload("first");
  EXPECT_THAT(rt->ui_components({})["widgets"], IsEmpty());
}

}  // namespace
}  // namespace streamspace
