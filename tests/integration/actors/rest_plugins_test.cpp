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
    options.authenticate = [](const request&) { return principal{"root", "admin", {}}; };
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
