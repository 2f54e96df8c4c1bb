#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/application.hpp>

namespace streamspace {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An endpoint that answers with its own pattern and the parameters it got.
endpoint echo(std::string method, std::string path, access who = access::open,
              std::vector<std::string> permissions = {}) {
  endpoint e;
  e.plugin = path.starts_with("/api/plugins/greeter/") ? "greeter" : "";
  e.method = method;
  e.path = path;
  e.who = who;
  e.permissions = std::move(permissions);
  e.dispatch = [title = method + " " + path](request rq, responder answer) {
    json params = json::object();
    for (const auto& [name, value] : rq.params) params[name] = value;
    answer(json{{"route", title}, {"params", params}, {"caller", rq.caller.subject}, {"method", rq.method}});
  };
  return e;
}

class Application : public ::testing::Test {
 protected:
  void start(endpoint_list core) {
    application_options options;
    options.authenticate = [](const request& rq) -> result<principal> {
      const auto token = rq.header("authorization");
      if (token.empty()) return principal{};
      if (token == "ann") return principal{"ann", "user", {"plugin.greeter.read"}};
      if (token == "root") return principal{"root", "admin", {}};
      return failure(ec::unauthenticated, "the token has expired");
    };
    options.answered = [this](const access_record& r) { log.push_back(r); };
    options.route_refused = [this](const endpoint&, const std::string& why) { refused.push_back(why); };
    app = std::make_unique<application>(std::move(options), std::move(core), live);
  }

  response ask(std::string method, std::string path, std::string token = {}) {
    request rq;
    rq.method = std::move(method);
    rq.path = std::move(path);
    rq.id = "rq-1";
    rq.remote_address = "127.0.0.1";
    if (!token.empty()) rq.headers.emplace_back("Authorization", std::move(token));
    auto given = std::make_shared<response>(0);  // An answer may come when nobody waits for it any more.
    (*app)(std::move(rq), responder{[given](response r) { *given = std::move(r); }});
    return *given;
  }

  std::string route_of(std::string method, std::string path, std::string token = "root") {
    const auto answer = ask(std::move(method), std::move(path), std::move(token));
    return answer.status == 200 ? answer.json()["route"].get<std::string>() : std::to_string(answer.status);
  }

  live_routes live;
  std::vector<access_record> log;
  std::vector<std::string> refused;
  std::unique_ptr<application> app;
};

TEST_F(Application, HandsARequestToItsRoute) {
  start({echo("GET", "/api/users/:id")});
  const auto answer = ask("GET", "/api/users/u7");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["params"], (json{{"id", "u7"}}));
}

TEST_F(Application, AnswersVersionOneAsTheUnversioned) {
  start({echo("GET", "/api/users"), echo("GET", "/api")});
  EXPECT_EQ(route_of("GET", "/api/v1/users"), "GET /api/users");
  EXPECT_EQ(route_of("GET", "/api/v1"), "GET /api");
  EXPECT_EQ(route_of("GET", "/api/v10/users"), "404");
}

TEST_F(Application, SaysNotFoundAndMethodNotAllowed) {
  start({echo("GET", "/api/users"), echo("POST", "/api/users")});
  const auto missing = ask("GET", "/api/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.json()["code"], "not_found");
  const auto wrong = ask("DELETE", "/api/users");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(ask("GET", "/api/plugins/nobody/hello").status, 404);
}

TEST_F(Application, AnswersOptionsByItself) {
  start({echo("PUT", "/api/users")});
  const auto answer = ask("OPTIONS", "/api/users");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Allow"), "PUT, OPTIONS");
  EXPECT_EQ(ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(ask("OPTIONS", "/nowhere").status, 404);
}

TEST_F(Application, SendsHeadToGet) {
  start({echo("GET", "/api/users")});
  EXPECT_EQ(ask("HEAD", "/api/users").json()["method"], "HEAD");
}

TEST_F(Application, AsksForAToken) {
  start({echo("GET", "/mine", access::signed_in)});
  const auto nobody = ask("GET", "/mine");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.header("WWW-Authenticate"), R"(Bearer realm="streamspace")");
  const auto stale = ask("GET", "/mine", "stale");
  EXPECT_EQ(stale.status, 401);
  EXPECT_THAT(std::string{stale.header("WWW-Authenticate")}, HasSubstr("invalid_token"));
  EXPECT_EQ(stale.json()["detail"], "the token has expired");
  EXPECT_EQ(ask("GET", "/mine", "ann").json()["caller"], "ann");
}

TEST_F(Application, DemandsTheRoleAdmin) {
  start({echo("POST", "/install", access::admin)});
  EXPECT_EQ(ask("POST", "/install").status, 401);
  const auto refused_answer = ask("POST", "/install", "ann");
  EXPECT_EQ(refused_answer.status, 403);
  EXPECT_THAT(refused_answer.json()["detail"].get<std::string>(), HasSubstr("role 'admin'"));
  EXPECT_EQ(ask("POST", "/install", "root").status, 200);
}

TEST_F(Application, DemandsEveryPermission) {
  start({echo("GET", "/one", access::signed_in, {"plugin.greeter.read"}),
         echo("GET", "/two", access::signed_in, {"plugin.greeter.read", "plugin.greeter.write"}),
         echo("GET", "/odd", access::open, {"plugin.greeter.write"})});
  EXPECT_EQ(ask("GET", "/one", "ann").status, 200);
  const auto refused_answer = ask("GET", "/two", "ann");
  EXPECT_EQ(refused_answer.status, 403);
  EXPECT_THAT(refused_answer.json()["detail"].get<std::string>(), HasSubstr("'plugin.greeter.write'"));
  EXPECT_EQ(ask("GET", "/two", "root").status, 200) << "admins hold every permission";
  EXPECT_EQ(ask("GET", "/odd").status, 401) << "declared permissions are demanded of open routes too";
  EXPECT_EQ(ask("GET", "/odd", "ann").status, 403);
}

TEST_F(Application, TakesBadCredentialsForNoneOnAnOpenRoute) {
  start({echo("POST", "/api/auth/login")});
  EXPECT_EQ(ask("POST", "/api/auth/login", "stale").json()["caller"], "");
  EXPECT_EQ(ask("POST", "/api/auth/login", "ann").json()["caller"], "ann");
}

TEST_F(Application, FollowsPluginRoutesLive) {
  start({echo("GET", "/api/plugins/:id")});
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/hello"), "404");
  live.publish({echo("GET", "/api/plugins/greeter/hello", access::signed_in)});
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/hello"), "GET /api/plugins/greeter/hello");
  EXPECT_EQ(ask("GET", "/api/plugins/greeter/hello").status, 401);
  EXPECT_EQ(route_of("GET", "/api/v1/plugins/greeter/hello"), "GET /api/plugins/greeter/hello");
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter"), "GET /api/plugins/:id");
  live.publish({});
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/hello"), "404");
}

TEST_F(Application, PutsThePlatformsRouteBeforeAPlugins) {
  live.publish({echo("POST", "/api/plugins/greeter/enable"), echo("POST", "/api/plugins/greeter/:what"),
                echo("GET", "/api/plugins/greeter/enable"), echo("GET", "/api/plugins/greeter/hello/:name"),
                echo("GET", "/api/plugins/greeter/hello/:other"), echo("GET", "/api/plugins/greeter//bad")});
  start({echo("POST", "/api/plugins/:id/enable"), echo("GET", "/api/plugins/:id/config")});
  EXPECT_EQ(route_of("POST", "/api/plugins/greeter/enable"), "POST /api/plugins/:id/enable");
  EXPECT_EQ(route_of("POST", "/api/plugins/greeter/wave"), "POST /api/plugins/greeter/:what");
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/enable"), "GET /api/plugins/greeter/enable")
      << "another method is the plugin's to have";
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/hello/ann"), "GET /api/plugins/greeter/hello/:name");
  EXPECT_THAT(refused,
              ElementsAre("POST /api/plugins/greeter/enable is taken by the platform's POST /api/plugins/:id/enable",
                          "GET /api/plugins/greeter/hello/:other is taken by GET /api/plugins/greeter/hello/:name",
                          HasSubstr("has an empty segment")));
}

TEST_F(Application, LetsThePlatformsRestTakeOnlyWhatNoPluginDoes) {
  live.publish({echo("GET", "/api/plugins/greeter/hello")});
  start({echo("GET", "/*page")});
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/hello"), "GET /api/plugins/greeter/hello");
  EXPECT_EQ(route_of("GET", "/api/plugins/greeter/other"), "GET /*page");
}

TEST_F(Application, JoinsTheMethodsOfPlatformAndPlugins) {
  live.publish({echo("PUT", "/api/plugins/greeter/enable")});
  start({echo("POST", "/api/plugins/:id/enable")});
  EXPECT_EQ(ask("GET", "/api/plugins/greeter/enable").header("Allow"), "POST, PUT, OPTIONS");
}

TEST_F(Application, RefusesCoreRoutesThatClash) {
  EXPECT_THROW(start({echo("GET", "/a/:x"), echo("GET", "/a/:y")}), error);
  EXPECT_THROW(start({echo("GET", "a")}), error);
  EXPECT_THROW(start({endpoint{.method = "GET", .path = "/a"}}), error);
}

TEST_F(Application, KeepsAnEndpointWhileItIsCalled) {
  start({});
  auto token = std::make_shared<int>(1);
  std::weak_ptr<int> alive = token;
  auto e = echo("GET", "/api/plugins/greeter/hello");
  e.dispatch = [this, token = std::move(token)](request, responder answer) {
    live.publish({});
    EXPECT_EQ(token.use_count(), 1);
    answer(response::no_content());
  };
  live.publish({std::move(e)});
  EXPECT_EQ(ask("GET", "/api/plugins/greeter/hello", "ann").status, 204);
  EXPECT_TRUE(alive.expired()) << "nothing keeps a route that was taken back";
}

TEST_F(Application, TellsTheAccessLogOfEveryAnswer) {
  start({echo("GET", "/mine", access::signed_in)});
  ask("GET", "/mine", "ann");
  ask("GET", "/mine");
  ask("GET", "/nothing");
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[0].status, 200);
  EXPECT_EQ(log[0].caller, "ann");
  EXPECT_EQ(log[0].method, "GET");
  EXPECT_EQ(log[0].path, "/mine");
  EXPECT_EQ(log[0].request_id, "rq-1");
  EXPECT_EQ(log[0].remote_address, "127.0.0.1");
  EXPECT_GE(log[0].took.count(), 0);
  EXPECT_EQ(log[1].status, 401);
  EXPECT_EQ(log[2].status, 404);
}

TEST_F(Application, TellsTheAccessLogOfAnAnswerThatOutlivesIt) {
  responder kept;
  auto e = echo("GET", "/later");
  e.dispatch = [&](request, responder answer) { kept = std::move(answer); };
  start({std::move(e)});
  EXPECT_EQ(ask("GET", "/later").status, 0);
  app.reset();
  kept = responder{};
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].status, 503);
}

}  // namespace
}  // namespace streamspace
