// What the runtime counts for each type of event, and where it is shown.
#include <algorithm>
#include <future>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/actors/runtime_actors.hpp>
#include <streamspace/http/application.hpp>
#include <streamspace/http/rest.hpp>

namespace streamspace::testing {
namespace {

class EventFigures : public runtime_test {
 protected:
  static event_type_figures figures_of(const runtime& rt, const std::string& type) {
    const auto all = rt.event_figures();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.type == type; });
    return found == all.end() ? event_type_figures{} : *found;
  }
};

TEST_F(EventFigures, TellWhatBecameOfEachType) {
  auto wait = std::make_shared<door>();
  const auto rt = running({scripted("p", {.on_load = [wait](plugin_context& ctx) {
                                      ctx.events().on("a.good", [](const event&) {});
                                      ctx.events().on("a.*", [](const event&) {});
                                      ctx.events().on("a.bad", [](const event&) { throw 42; });
                                      ctx.events().on("b.slow", [wait](const event&) { wait->pass(); });
                                    }})});
  for (int i = 0; i < 3; ++i) rt->emit("a.good");
  rt->emit_sync("a.bad", json::object());
  rt->emit("nobody.hears");
  ASSERT_TRUE(eventually([&] { return figures_of(*rt, "a.good").delivered == 6; }));
  const auto good = figures_of(*rt, "a.good");
  EXPECT_EQ(good.emitted, 3U);
  EXPECT_EQ(good.failed, 0U);
  EXPECT_EQ(good.dropped, 0U);
  const auto bad = figures_of(*rt, "a.bad");
  EXPECT_EQ(bad.emitted, 1U);
  EXPECT_EQ(bad.failed, 1U);
  EXPECT_EQ(figures_of(*rt, "nobody.hears").emitted, 1U);
  EXPECT_EQ(figures_of(*rt, "nobody.hears").delivered, 0U);
  EXPECT_GT(good.wait.count + bad.wait.count, 0U) << "the first turn of all is timed";
  wait->open();
}

TEST_F(EventFigures, AreShownToOperatorsOnly) {
  const auto rt = running({scripted("p", {})});
  rt->emit("a.b");
  std::string role = "operator";
  application_options options;
  options.authenticate = [&](const request&) { return principal{"ann", role, {}}; };
  const actor_gateway gateway{actors_of(*rt).system};
  application app{std::move(options), event_routes(gateway, {}, [&] { return rt->event_figures(); }), rt->routes()};
  const auto get = [&] {
    request rq;
    rq.method = "GET";
    rq.path = "/api/events/types";
    const auto answer = std::make_shared<std::promise<response>>();
    app(std::move(rq), responder{[answer](response r) { answer->set_value(std::move(r)); }});
    return answer->get_future().get();
  };
  const auto shown = get();
  EXPECT_EQ(shown.status, 200);
  const auto types = shown.json()["types"];
  EXPECT_EQ(shown.json()["total"], types.size());
  EXPECT_TRUE(std::any_of(types.begin(), types.end(), [](const json& t) { return t["type"] == "a.b"; }));
  role = "user";
  EXPECT_EQ(get().status, 403);
  gateway.stop();
}

}  // namespace
}  // namespace streamspace::testing
