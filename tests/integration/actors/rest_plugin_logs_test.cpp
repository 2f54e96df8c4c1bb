// The REST table's part on plugins' logs, over a runtime with a database; no socket.
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
using testing::plugin_script;
using testing::scripted;
using testing::soon;

class RestPluginLogs : public testing::database_runtime_test {
 protected:
  /// The plugin "p" has a secret, says all it hears, and takes another configuration without a reload.
  RestPluginLogs() {
    auto talks = scripted("p", {.on_load = [](plugin_context& ctx) {
                            ctx.events().on("say", [&ctx](const event& e) {
                              const auto text = e.data().at("text").get<std::string>();
                              ctx.logger().debug("debug " + text);
                              ctx.logger().info("info " + text, {{"config", ctx.config().raw()}});
                              ctx.logger().error("error " + text);
                            });
                          }});
    talks.manifest.config_schema = {{"properties", {{"token", {{"format", "password"}}}}}, {"reloadOnChange", false}};
    auto settings = with_database();
    settings.min_log_level = log_level::info;
    rt_ = started_on_database({talks}, settings);
    gateway_.emplace(actors_of(*rt_).system);
    application_options options;
    options.authenticate = [this](const request&) { return principal{"somebody", role_, {}}; };
    app_.emplace(std::move(options),
                 plugin_log_routes(*gateway_, actors_of(*rt_).table,
                                   {[this](const auto& plugin, auto limit, auto least) {
                                      return rt_->recent_log(plugin, limit, least);
                                    },
                                    [this](const auto& plugin) { return rt_->log_level_of(plugin); },
                                    [this](const auto& plugin, auto level) { rt_->set_log_level(plugin, level); }}),
                 rt_->routes());
  }
  void TearDown() override { gateway_->stop(); }

  response send(const std::string& method, const std::string& path, const std::string& query = {},
                const json& body = nullptr) {
    request rq;
    rq.method = method;
    rq.path = path;
    if (!query.empty()) rq.queries = {{query.substr(0, query.find('=')), query.substr(query.find('=') + 1)}};
    if (!body.is_null()) rq.body = body.dump();
    const auto answer = std::make_shared<std::promise<response>>();
    (*app_)(std::move(rq), responder{[answer](response r) { answer->set_value(std::move(r)); }});
    return answer->get_future().get();
  }
  void say(const std::string& text) { ASSERT_TRUE(rt_->emit_sync("say", json{{"text", text}}, soon).all_handled()); }
  /// "INFO info hello" for each line.
  std::vector<std::string> lines(const std::string& query = {}) {
    std::vector<std::string> all;
    const auto page = send("GET", "/api/plugins/p/logs", query).json();
    for (const auto& line : page["lines"])
      all.push_back(line["level"].get<std::string>() + " " + line["message"].get<std::string>());
    return all;
  }

  std::string role_ = "admin";
  std::unique_ptr<runtime> rt_;
  std::optional<actor_gateway> gateway_;
  std::optional<application> app_;
};

TEST_F(RestPluginLogs, ShowTheLastLinesTheNewestLast) {
  say("hello");
  say("\x1b[31m red");
  const auto all = send("GET", "/api/plugins/p/logs").json();
  EXPECT_EQ(all["total"], all["lines"].size());
  EXPECT_EQ(all["lines"].back()["message"], "error \x1b[31m red");
  EXPECT_TRUE(parse_rfc3339(all["lines"].back()["timestamp"].get<std::string>()));
  EXPECT_THAT(lines(), ::testing::Contains("INFO plugin p is enabled")) << "what the runtime says about it too";
  EXPECT_EQ(lines("limit=2"), (std::vector<std::string>{"INFO info \x1b[31m red", "ERROR error \x1b[31m red"}));
  EXPECT_EQ(lines("level=error"), (std::vector<std::string>{"ERROR error hello", "ERROR error \x1b[31m red"}));
}

TEST_F(RestPluginLogs, ChangeTheLevelWhileThePluginRuns) {
  const std::string path = "/api/plugins/p/log-level";
  EXPECT_EQ(send("GET", path).json(), (json{{"name", "p"}, {"level", "info"}}));
  say("before");
  EXPECT_EQ(send("PUT", path, {}, {{"level", "debug"}}).json(), (json{{"name", "p"}, {"level", "debug"}}));
  EXPECT_EQ(send("GET", path).json()["level"], "debug");
  say("after");
  EXPECT_THAT(lines(), ::testing::Not(::testing::Contains("DEBUG debug before")));
  EXPECT_THAT(lines(), ::testing::Contains("DEBUG debug after"));
  EXPECT_TRUE(logs().has(log_level::debug, "debug after")) << "it goes to the output too";
}

TEST_F(RestPluginLogs, NeverShowASecretNotEvenOneThatCameWithoutAReload) {
  rt_->configure("p", {{"token", "hunter2"}});
  say("the token is hunter2");
  const auto loads = rt_->plugin("p")->loaded_at;
  rt_->configure("p", {{"token", "correct horse"}});
  say("now it is correct horse, and was hunter2");
  EXPECT_EQ(rt_->plugin("p")->loaded_at, loads) << "it was to be no reload";
  EXPECT_THAT(lines(), ::testing::Contains("ERROR error the token is ***"));
  EXPECT_THAT(lines(), ::testing::Contains("ERROR error now it is ***, and was ***"));
  for (const auto* secret : {"hunter2", "correct horse"})
    for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error})
      EXPECT_FALSE(logs().has(level, secret)) << secret;
  EXPECT_TRUE(logs().has(log_level::info, R"({"config":{"token":"***"}})"));
}

TEST_F(RestPluginLogs, StayWhenThePluginIsUnloaded) {
  say("last words");
  rt_->unload("p");
  EXPECT_THAT(lines(), ::testing::Contains("ERROR error last words"));
  EXPECT_EQ(send("GET", "/api/plugins/p/log-level").status, 404);
  EXPECT_EQ(send("GET", "/api/plugins/nobody/logs").status, 404);
}

TEST_F(RestPluginLogs, AreForOperatorsAndAdminsAndTheLevelIsForAdminsToSet) {
  role_ = "operator";
  EXPECT_EQ(send("GET", "/api/plugins/p/logs").status, 200);
  EXPECT_EQ(send("GET", "/api/plugins/p/log-level").status, 200);
  EXPECT_EQ(send("PUT", "/api/plugins/p/log-level", {}, {{"level", "debug"}}).status, 403);
  role_ = "user";
  EXPECT_EQ(send("GET", "/api/plugins/p/logs").status, 403);
  EXPECT_EQ(send("GET", "/api/plugins/p/log-level").status, 403);
}

TEST_F(RestPluginLogs, RefuseWhatMeansNothing) {
  for (const auto* query : {"limit=0", "limit=201", "level=loud", "lines=3"})
    EXPECT_EQ(send("GET", "/api/plugins/p/logs", query).status, 400) << query;
  for (const auto& body : {json{{"level", "loud"}}, json{{"level", 3}}, json::array()})
    EXPECT_EQ(send("PUT", "/api/plugins/p/log-level", {}, body).status, 400) << body;
}

}  // namespace
}  // namespace streamspace
