// The REST table's part on dead letters, over a runtime with a database; no socket.
#include <atomic>
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

class RestDeadLetters : public testing::database_runtime_test {
 protected:
  /// The plugin "p", which throws at "a.x" while it is broken, and has failed at three of them.
  RestDeadLetters() {
    rt_ = started_on_database({scripted("p", {.on_load = [book = book_, broken = broken_](plugin_context& ctx) {
                                          ctx.events().on("a.x", [book, broken](const event& e) {
                                            if (*broken) throw std::runtime_error{"no"};
                                            book->write(e.data().dump());
                                          });
                                        }})});
    gateway_.emplace(actors_of(*rt_).system);
    application_options options;
    options.authenticate = [this](const request&) { return principal{"ann", role_, {}}; };
    app_.emplace(std::move(options), dead_letter_routes(*gateway_, actors_of(*rt_).dead_letters), rt_->routes());
    for (int n = 1; n <= 3; ++n) rt_->emit("a.x", n);
    EXPECT_TRUE(testing::eventually([&] { return rt_->list_dead_letters().size() == 3; }));
  }
  void TearDown() override { gateway_->stop(); }

  response send(const std::string& method, const std::string& path, name_values queries = {},
                const std::string& body = {}) {
    request rq;
    rq.method = method;
    rq.path = path;
    rq.queries = std::move(queries);
    rq.body = body;
    const auto answer = std::make_shared<std::promise<response>>();
    (*app_)(std::move(rq), responder{[answer](response r) { answer->set_value(std::move(r)); }});
    return answer->get_future().get();
  }
  json list(name_values queries = {}) { return send("GET", "/api/dead-letters", std::move(queries)).json(); }
  std::string path_of(const json& letter) { return "/api/dead-letters/" + letter["id"].dump(); }

  std::string role_ = "admin";
  std::shared_ptr<std::atomic<bool>> broken_ = std::make_shared<std::atomic<bool>>(true);
  std::unique_ptr<runtime> rt_;
  std::optional<actor_gateway> gateway_;
  std::optional<application> app_;
};

TEST_F(RestDeadLetters, AreListedInPages) {
  const auto first = list({{"limit", "2"}});
  ASSERT_EQ(first["deadLetters"].size(), 2U);
  EXPECT_EQ(first["total"], 3);
  EXPECT_EQ(first["deadLetters"][0]["event"]["data"], 3);
  EXPECT_EQ(first["deadLetters"][0]["plugin"], "p");
  EXPECT_EQ(first["deadLetters"][0]["cause"], "failed");
  EXPECT_EQ(first["deadLetters"][0]["attempts"], 1);
  const auto second = list({{"limit", "2"}, {"before", first["next"].dump()}});
  ASSERT_EQ(second["deadLetters"].size(), 1U);
  EXPECT_EQ(second["deadLetters"][0]["event"]["data"], 1);
  EXPECT_EQ(second["total"], 3);
  EXPECT_FALSE(second.contains("next"));
}

TEST_F(RestDeadLetters, AreFilteredAndAnEmptyListIsAList) {
  EXPECT_EQ(list({{"plugin", "p"}, {"cause", "failed"}, {"type", "a.x"}})["total"], 3);
  for (const auto& [name, value] : name_values{{"plugin", "q"}, {"cause", "poison"}, {"type", "a.y"}})
    EXPECT_EQ(list({{name, value}}), (json{{"deadLetters", json::array()}, {"total", 0}})) << name;
}

TEST_F(RestDeadLetters, AreShownOneByOne) {
  const auto letter = list()["deadLetters"][0];
  EXPECT_EQ(send("GET", path_of(letter)).json(), letter);
  EXPECT_EQ(send("GET", "/api/dead-letters/4711").status, 404);
}

TEST_F(RestDeadLetters, AreSentAgain) {
  const auto letter = list()["deadLetters"][0];
  const auto path = path_of(letter) + "/redrive";
  rt_->disable("p");
  const auto refused = send("POST", path);
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.json()["detail"].get<std::string>(), HasSubstr("no enabled plugin p"));
  rt_->enable("p");
  *broken_ = false;
  const auto sent = send("POST", path);
  EXPECT_EQ(sent.status, 200);
  EXPECT_EQ(sent.json()["id"], letter["id"]);
  EXPECT_EQ(sent.json()["eventId"], letter["event"]["id"]);
  EXPECT_TRUE(book_->await(1));
  EXPECT_EQ(send("POST", path).status, 404);
}

TEST_F(RestDeadLetters, AreNotSentAgainByTwoAtOnce) {
  const auto path = path_of(list()["deadLetters"][0]) + "/redrive";
  query("UPDATE dead_letters SET claimed_until = now() + interval '1 hour'");
  EXPECT_EQ(send("POST", path).status, 409);
}

TEST_F(RestDeadLetters, AreSentAgainTogether) {
  *broken_ = false;
  const std::string path = "/api/dead-letters/redrive";
  EXPECT_EQ(send("POST", path, {}, R"({"plugin": "p", "cause": "failed", "type": "a.x", "limit": 1})").json(),
            (json{{"redriven", 1}, {"left", 2}, {"refused", json::array()}}));
  rt_->disable("p");
  const auto refused = send("POST", path).json();
  EXPECT_EQ(refused["redriven"], 0);
  EXPECT_EQ(refused["refused"][0]["count"], 2);
  EXPECT_THAT(refused["refused"][0]["reason"].get<std::string>(), HasSubstr("no enabled plugin p"));
  rt_->enable("p");
  EXPECT_EQ(send("POST", path, {}, "{}").json()["redriven"], 2);
  ASSERT_TRUE(book_->await(3));
  EXPECT_THAT(book_->lines(), ::testing::ElementsAre("1", "2", "3")) << "from the oldest on";
}

TEST_F(RestDeadLetters, AreDiscarded) {
  const auto path = path_of(list()["deadLetters"][0]);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(send("DELETE", path).status, 404);
  EXPECT_EQ(list()["total"], 2);
}

TEST_F(RestDeadLetters, SayWhatMayBeGiven) {
  const auto refused = [&](const response& answer, const std::string& says) {
    EXPECT_EQ(answer.status, 400) << says;
    EXPECT_THAT(answer.json()["detail"].get<std::string>(), HasSubstr(says));
  };
  const std::string path = "/api/dead-letters";
  const std::vector<std::tuple<std::string, std::string, std::string>> queries{
      {"limit", "0", "from 1 to 500"},
      {"limit", "501", "from 1 to 500"},
      {"limit", "x", "from 1 to 500"},
      {"before", "-1", "number from 1"},
      {"before", "9007199254740992", "number from 1"},
      {"cause", "boredom", "quarantined"},
      {"plugin", "", "plugin's name"},
      {"plugin", "no name", "plugin's name"},
      {"type", "a..b", "session.created"},
      {"plugn", "p", "plugin, cause, type, before and limit"}};
  for (const auto& [name, value, says] : queries) refused(send("GET", path, {{name, value}}), says);
  for (const auto* id : {"x", "0", "-1", "1x", "9007199254740992"}) {
    refused(send("GET", path + "/" + id), "number from 1");
    refused(send("DELETE", path + "/" + id), "number from 1");
    refused(send("POST", path + "/" + id + "/redrive"), "number from 1");
  }
  const std::vector<std::pair<std::string, std::string>> bodies{{"[]", "object"},
                                                                {"{", "JSON"},
                                                                {R"({"limit": 0})", "from 1 to 500"},
                                                                {R"({"limit": 501})", "from 1 to 500"},
                                                                {R"({"limit": "1"})", "'limit'"},
                                                                {R"({"plugin": 1})", "'plugin'"},
                                                                {R"({"plugin": ""})", "plugin's name"},
                                                                {R"({"cause": "x"})", "quarantined"},
                                                                {R"({"type": ""})", "session.created"},
                                                                {R"({"plugn": "p"})", "plugin, cause, type and limit"}};
  for (const auto& [body, says] : bodies) refused(send("POST", path + "/redrive", {}, body), says);
  EXPECT_EQ(list()["total"], 3) << "none of it did anything";
}

TEST_F(RestDeadLetters, AreReadByOperatorsAndChangedByAdminsOnly) {
  const auto path = path_of(list()["deadLetters"][0]);
  const auto statuses = [&](const std::string& role) {
    role_ = role;
    return std::vector<int>{send("GET", "/api/dead-letters").status, send("GET", path).status,
                            send("POST", path + "/redrive").status, send("POST", "/api/dead-letters/redrive").status,
                            send("DELETE", path).status};
  };
  EXPECT_THAT(statuses("user"), ::testing::Each(403));
  EXPECT_THAT(statuses("operator"), ::testing::ElementsAre(200, 200, 403, 403, 403));
  EXPECT_EQ(rt_->list_dead_letters().size(), 3U);
}

}  // namespace
}  // namespace streamspace
