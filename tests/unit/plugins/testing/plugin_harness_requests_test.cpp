#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include <streamspace/plugin.hpp>
#include <streamspace/testing.hpp>

namespace streamspace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct router_plugin : base_plugin {
  void on_load(plugin_context& ctx) override {
    auto& api = ctx.api();
    api.get("/", [](const request& rq) { return response{json{{"path", rq.path}}}; });
    api.get("/echo/:a/*rest", [](const request& rq) { return about(rq); });
    api.post("/echo", [](const request& rq) { return response{rq.json(), 201}; });
    api.put("/echo", [](const request& rq) { return about(rq); });
    api.patch("/echo", [](const request& rq) { return about(rq); });
    api.del("/echo", [](const request&) { return response::no_content(); });
    api.get("/secret", [](const request& rq) { return response{json(rq.caller.subject)}; })
        .permission("secrets:read")
        .permission("secrets:list");
    api.get("/throws", [&ctx](const request&) -> response {
      ctx.events().on("never", [](const event&) {});
      throw std::runtime_error{"the cellar is flooded"};
    });
    api.get("/fault", [](const request&) -> response { throw error{ec::database_error, "relation gone"}; });
    api.get("/refuses", [](const request&) -> response { throw error{ec::not_found, "no such room"}; });
    api.get("/wrapped", [](const request&) { return response::text("inside"); })
        .use([](const request& rq, const route_handler& next) {
          auto answer = next(rq);
          answer.body += " and around";
          return answer;
        });
    api.get("/emits", [&ctx](const request&) {
      ctx.events().emit("asked");
      return response::text("emitted");
    });
    ctx.events().on("plugin.rooms.asked", [this](const event&) { ++asked; });
  }

  static response about(const request& rq) {
    json params = json::object();
    for (const auto& [name, value] : rq.params) params[name] = value;
    json queries = json::object();
    for (const auto& [name, value] : rq.queries) queries[name] = value;
    return response{json{{"path", rq.path},
                         {"params", params},
                         {"queries", queries},
                         {"body", rq.body},
                         {"type", rq.header("content-type")},
                         {"id", rq.id},
                         {"from", rq.remote_address},
                         {"method", rq.method}}};
  }

  int asked = 0;
};

struct PluginHarnessRequests : ::testing::Test {
  plugin_harness<router_plugin> h{{.manifest = plain_manifest("rooms")}};
};

TEST_F(PluginHarnessRequests, ReachTheHandlerAsFromTheServer) {
  EXPECT_EQ(h.get("/").json()["path"], "/api/plugins/rooms");
  EXPECT_EQ(h.get("/echo/a%20b/c/d/?x=1+2&y=%C3%BC&z").json(), (json{{"path", "/api/plugins/rooms/echo/a b/c/d"},
                                                                     {"params", {{"a", "a b"}, {"rest", "c/d"}}},
                                                                     {"queries", {{"x", "1 2"}, {"y", "ü"}, {"z", ""}}},
                                                                     {"body", ""},
                                                                     {"type", ""},
                                                                     {"id", "request-2"},
                                                                     {"from", "127.0.0.1"},
                                                                     {"method", "GET"}}));
}

TEST_F(PluginHarnessRequests, AreOfEveryMethod) {
  const auto posted = h.post("/echo", {{"a", 1}});
  EXPECT_EQ(posted.status, 201);
  EXPECT_EQ(posted.json(), (json{{"a", 1}}));
  EXPECT_EQ(h.post("/echo").status, 400) << "no body is no JSON";
  EXPECT_EQ(h.put("/echo", {{"a", 1}}).json()["type"], "application/json");
  EXPECT_EQ(h.put("/echo", {{"a", 1}}).json()["body"], R"({"a":1})");
  EXPECT_EQ(h.patch("/echo").json()["method"], "PATCH");
  EXPECT_EQ(h.del("/echo").status, 204);
  EXPECT_EQ(h.send({.method = "HEAD", .path = "/wrapped"}).status, 200);
}

TEST_F(PluginHarnessRequests, AreRefusedWhereNothingAnswers) {
  const auto nothing = h.get("/rooms");
  EXPECT_EQ(nothing.status, 404);
  EXPECT_EQ(nothing.json()["code"], "not_found");
  EXPECT_THAT(nothing.json()["detail"].get<std::string>(), HasSubstr("/api/plugins/rooms/rooms"));
  const auto other_method = h.get("/echo");
  EXPECT_EQ(other_method.status, 405);
  EXPECT_EQ(other_method.header("Allow"), "POST, PUT, PATCH, DELETE, OPTIONS");
  const auto options = h.send({.method = "OPTIONS", .path = "/wrapped"});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(PluginHarnessRequests, AreRefusedWhenTheTargetIsMalformed) {
  for (const auto* target :
       {"", "echo", "//echo", "/echo/../secret", "/echo/%2e", "/a%2Fb", "/a%zz", "/a%2", "/a?b=%g"})
    EXPECT_EQ(h.get(target).status, 400) << target;
  EXPECT_EQ(h.send({.method = "GET", .path = "secret"}).status, 400);
}

TEST_F(PluginHarnessRequests, NeedThePermissionsOfTheRoute) {
  EXPECT_EQ(h.get("/secret").json(), "tester") << "an admin unless said otherwise";
  const auto some = h.as({.subject = "ann", .role = "user", .permissions = {"secrets:read"}}).get("/secret");
  EXPECT_EQ(some.status, 403);
  EXPECT_EQ(some.json()["code"], "permission_denied");
  EXPECT_THAT(some.json()["detail"].get<std::string>(), HasSubstr("'secrets:list'"));
  EXPECT_EQ(h.get("/wrapped").status, 200);
  EXPECT_EQ(h.as({"ann", "user", {"secrets:read", "secrets:list"}}).get("/secret").json(), "ann");
  EXPECT_EQ(h.send({.method = "GET", .path = "/secret", .caller = {"bo", "user", {}}}).status, 403);
  EXPECT_EQ(h.send({.method = "GET", .path = "/secret", .caller = {"root", "admin", {}}}).json(), "root");
  const auto nobody = h.as({}).get("/wrapped");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.header("WWW-Authenticate"), R"(Bearer realm="streamspace")");
  EXPECT_EQ(h.get("/nowhere").status, 404);
}

TEST_F(PluginHarnessRequests, GetAProblemDocumentForWhatARouteThrows) {
  const auto failed = h.get("/throws");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(failed.json()["code"], "plugin_failed");
  EXPECT_THAT(failed.body, Not(HasSubstr("cellar")));
  ASSERT_THAT(h.logs(), SizeIs(1));
  EXPECT_EQ(h.logs()[0].message, "a handler failed");
  EXPECT_EQ(h.logs()[0].data, (json{{"during", "GET /api/plugins/rooms/throws"},
                                    {"exception", "std::runtime_error"},
                                    {"what", "the cellar is flooded"}}));
  EXPECT_EQ(h.emit("never").results.size(), 0U) << "what it registered is taken back";
  EXPECT_EQ(h.get("/fault").status, 500);
  EXPECT_THAT(h.logs(), SizeIs(2));
}

TEST_F(PluginHarnessRequests, AreAnsweredWithTheStatusOfAnError) {
  const auto refused = h.get("/refuses");
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.json()["detail"], "no such room");
  EXPECT_THAT(h.logs(), IsEmpty()) << "an answer, not a failure";
}

TEST_F(PluginHarnessRequests, PassThroughTheMiddleware) {
  EXPECT_EQ(h.get("/wrapped").body, "inside and around");
}

TEST_F(PluginHarnessRequests, LeaveNothingWaiting) {
  EXPECT_EQ(h.get("/emits").status, 200);
  EXPECT_EQ(h.plugin().asked, 1);
}

}  // namespace
}  // namespace streamspace::testing
