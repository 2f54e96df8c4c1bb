// The REST table's part on plugins, over a runtime with a database; no socket.
#include <future>
#include <optional>

#include <gmock/gmock.h>

#include "database_runtime_test.hpp"
#include <streamspace/actors/runtime_actors.hpp>
#include <streamspace/http/application.hpp>
#include <streamspace/http/rest.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;
using testing::scripted;

class RestPlugins : public testing::database_runtime_test {
 protected:
  /// The plugin "p", which has a secret and does not load with {"bad": true}.
  RestPlugins() {
    auto plugin = scripted("p", {.on_load = [](plugin_context& ctx) {
                             if (ctx.config().get<bool>("/bad", false)) throw error{ec::invalid_argument, "too bad"};
                             ctx.events().on("a.bad", [](const event&) { throw 42; });
                           }});
    plugin.manifest.extra["supervision"] = {{"quarantine_after", 1}};
    plugin.manifest.config_schema = {{"properties", {{"token", {{"format", "password"}}}}}};
    rt_ = started_on_database({plugin});
    gateway_.emplace(actors_of(*rt_).system);
    application_options options;
    options.authenticate = [this](const request&) { return caller_; };
    app_.emplace(std::move(options),
                 plugin_routes(*gateway_, actors_of(*rt_).table, actors_of(*rt_).discovery,
                               [](const principal&) { return json::object(); }),
                 rt_->routes());
  }
  void TearDown() override { gateway_->stop(); }

  response send(const std::string& method, const std::string& path, const json& body = nullptr) {
    request rq;
    rq.method = method;
    rq.path = path;
    if (!body.is_null()) rq.body = body.dump();
    const auto answer = std::make_shared<std::promise<response>>();
    (*app_)(std::move(rq), responder{[answer](response r) { answer->set_value(std::move(r)); }});
    return answer->get_future().get();
  }

  principal caller_{"root", "admin", {}};
  std::unique_ptr<runtime> rt_;
  std::optional<actor_gateway> gateway_;
  std::optional<application> app_;
};

TEST_F(RestPlugins, AreNamedByTheirNumberOnEveryRoute) {
  const auto id = std::to_string(query("SELECT id FROM installed_plugins WHERE name = 'p'")[0].get<int>(0));
  const auto base = "/api/plugins/" + id;
  for (const auto* what : {"", "/health"}) EXPECT_EQ(send("GET", base + what).json()["name"], "p") << what;
  EXPECT_EQ(send("PUT", base + "/config", {{"n", 1}}).json(), (json{{"n", 1}}));
  EXPECT_EQ(send("GET", base + "/config").json(), (json{{"n", 1}}));
  for (const auto* what : {"/disable", "/enable", "/reload", "/unload", "/load"})
    EXPECT_EQ(send("POST", base + what).json()["name"], "p") << what;
  EXPECT_EQ(send("GET", "/api/plugins/987654321").status, 404);
}

TEST_F(RestPlugins, KeepTheirSecretsWhenWhatIsShownIsSentBack) {
  const std::string path = "/api/plugins/p/config";
  send("PUT", path, {{"token", "hunter2"}});
  auto shown = send("GET", path).json();
  EXPECT_EQ(shown, (json{{"token", "***"}}));
  shown["n"] = 1;
  EXPECT_EQ(send("PUT", path, shown).json(), shown);
  EXPECT_EQ(rt_->plugin("p")->config, (json{{"token", "hunter2"}, {"n", 1}}));
}

TEST_F(RestPlugins, AnswerAProblemAndGoOnWhenTheyCannotBeLoadedWithANewConfiguration) {
  const auto answer = send("PUT", "/api/plugins/p/config", {{"bad", true}});
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.json()["code"], "plugin_failed");
  EXPECT_THAT(answer.json()["detail"].get<std::string>(), HasSubstr("too bad"));
  EXPECT_EQ(send("GET", "/api/plugins/p/health").json()["healthy"], true);
}

TEST_F(RestPlugins, ShowTheConfigurationsThatTheyHadAndByWhom) {
  const std::string path = "/api/plugins/p/config";
  send("PUT", path, {{"token", "hunter2"}, {"n", 1}});
  caller_.subject = "ann";
  send("PUT", path, {{"n", 2}});
  send("PUT", path, {{"n", 2}});
  send("PUT", path, {{"bad", true}});
  EXPECT_EQ(send("POST", path + "/revert", {{"revision", 2}}).json(), (json{{"token", "***"}, {"n", 1}}));
  EXPECT_EQ(rt_->plugin("p")->config, (json{{"token", "hunter2"}, {"n", 1}}));
  const auto answer = send("GET", path + "/history");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("hunter2")));
  auto shown = answer.json();
  EXPECT_EQ(shown["total"], 4);
  for (auto& r : shown["revisions"]) {
    EXPECT_TRUE(parse_rfc3339(r["at"].get<std::string>()));
    r.erase("at");
  }
  EXPECT_EQ(shown["revisions"], json::parse(R"([
    {"revision": 4, "by": "ann", "kind": "reverted", "revertedTo": 2, "config": {"token": "***", "n": 1},
     "current": true},
    {"revision": 3, "by": "ann", "kind": "configured", "config": {"n": 2}, "current": false},
    {"revision": 2, "by": "root", "kind": "configured", "config": {"token": "***", "n": 1}, "current": false},
    {"revision": 1, "by": null, "kind": "installed", "config": {}, "current": false}])"));
  const auto id = std::to_string(query("SELECT id FROM installed_plugins")[0].get<int>(0));
  EXPECT_EQ(send("GET", "/api/plugins/" + id + "/config/history").json()["total"], 4);
}

TEST_F(RestPlugins, NoteWhoInstalledThem) {
  send("DELETE", "/api/plugins/p");
  EXPECT_EQ(send("POST", "/api/plugins/install", {{"name", "p"}, {"config", {{"n", 1}}}}).status, 202);
  const auto first = send("GET", "/api/plugins/p/config/history").json()["revisions"][0];
  EXPECT_EQ(first["by"], "root");
  EXPECT_EQ(first["kind"], "installed");
}

TEST_F(RestPlugins, GoBackToNothingThatIsNoConfigurationOfTheirs) {
  const std::string path = "/api/plugins/p/config/revert";
  for (const json& body : {json(nullptr), json::array({1}), json::object(), json{{"revision", nullptr}},
                           json{{"revision", "1"}}, json{{"revision", 1.5}}, json{{"revision", 0}},
                           json{{"revision", -1}}, json{{"revision", 4'000'000'000}}, json{{"revision", true}}}) {
    const auto answer = send("POST", path, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json()["code"], "invalid_argument") << body;
  }
  const auto none = send("POST", path, {{"revision", 7}});
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.json()["detail"].get<std::string>(), HasSubstr("7"));
  EXPECT_EQ(send("POST", "/api/plugins/ghost/config/revert", {{"revision", 1}}).status, 404);
  EXPECT_EQ(send("GET", "/api/plugins/ghost/config/history").status, 404);
}

TEST_F(RestPlugins, ShowAndChangeTheirConfigurationsForAdminsOnly) {
  const std::string path = "/api/plugins/p/config";
  for (const auto* role : {"operator", "user"}) {
    caller_.role = role;
    EXPECT_EQ(send("GET", path).status, 403) << role;
    EXPECT_EQ(send("GET", path + "/history").status, 403) << role;
    EXPECT_EQ(send("POST", path + "/revert", {{"revision", 1}}).status, 403) << role;
  }
  caller_ = {};
  EXPECT_EQ(send("GET", path + "/history").status, 401);
  EXPECT_EQ(send("POST", path + "/revert", {{"revision", 1}}).status, 401);
}

TEST_F(RestPlugins, ShowASubscriptionInQuarantineAndBringItOut) {
  rt_->emit("a.bad");
  const auto health = [&] { return send("GET", "/api/plugins/p/health").json(); };
  ASSERT_TRUE(testing::eventually([&] { return health()["quarantined"] == json{"a.bad"}; }));
  EXPECT_EQ(health()["healthy"], false);
  EXPECT_EQ(health()["executor"], "pool");
  const std::string path = "/api/plugins/p/release";
  EXPECT_EQ(send("POST", path, {{"pattern", 1}}).status, 400);
  EXPECT_EQ(send("POST", path, {{"pattern", "a.good"}}).status, 404);
  EXPECT_EQ(send("POST", path, {{"pattern", "a.bad"}}).status, 200);
  EXPECT_EQ(health()["healthy"], true);
}

}  // namespace
}  // namespace streamspace
