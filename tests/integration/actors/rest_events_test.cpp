// The REST table's part on events, over a runtime with a database; no socket.
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
using ::testing::SizeIs;

class RestEvents : public testing::database_runtime_test {
 protected:
  RestEvents() {
    rt_ = started_on_database({scripted("p", {.on_load = [](plugin_context& ctx) {
                                          ctx.events().on("session.*", [](const event&) {}).durable("mirror");
                                        }})});
    gateway_.emplace(actors_of(*rt_).system);
    application_options options;
    options.authenticate = [this](const request&) { return principal{"ann", role_, {}}; };
    app_.emplace(std::move(options),
                 event_routes(*gateway_, actors_of(*rt_).event_log, [this] { return rt_->event_figures(); }),
                 rt_->routes());
  }
  void TearDown() override { gateway_->stop(); }

  response get(const std::string& path, name_values queries = {}) {
    request rq;
    rq.method = "GET";
    rq.path = path;
    rq.queries = std::move(queries);
    const auto answer = std::make_shared<std::promise<response>>();
    (*app_)(std::move(rq), responder{[answer](response r) { answer->set_value(std::move(r)); }});
    return answer->get_future().get();
  }

  std::string role_ = "operator";
  std::unique_ptr<runtime> rt_;
  std::optional<actor_gateway> gateway_;
  std::optional<application> app_;
};

TEST_F(RestEvents, ShowTheLogNewestFirstInPagesAndBySession) {
  for (int n = 0; n < 5; ++n)
    rt_->emit_durable("session.created", json{{"id", "s" + std::to_string(n)}, {"user_id", "u1"}});
  auto page = get("/api/events", {{"limit", "3"}}).json();
  ASSERT_THAT(page["events"], SizeIs(3));
  EXPECT_EQ(page["events"][0]["event"]["data"]["id"], "s4");
  page = get("/api/events", {{"limit", "3"}, {"before", page["next"].get<std::string>()}}).json();
  ASSERT_THAT(page["events"], SizeIs(2));
  EXPECT_EQ(page["events"][1]["event"]["data"]["id"], "s0");
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_THAT(get("/api/events", {{"session", "s3"}, {"type", "session.*"}}).json()["events"], SizeIs(1));
  EXPECT_THAT(get("/api/events", {{"user", "u2"}}).json()["events"], SizeIs(0));
  EXPECT_THAT(get("/api/events", {{"until", "2000-01-01T00:00:00Z"}}).json()["events"], SizeIs(0));
}

TEST_F(RestEvents, ShowWhoFollowsTheLog) {
  const auto shown = get("/api/events/subscriptions").json();
  EXPECT_EQ(shown["total"], 1);
  EXPECT_EQ(shown["subscriptions"][0]["plugin"], "p");
  EXPECT_EQ(shown["subscriptions"][0]["name"], "mirror");
  EXPECT_EQ(shown["subscriptions"][0]["pattern"], "session.*");
  EXPECT_EQ(shown["subscriptions"][0]["toRetry"], 0);
}

TEST_F(RestEvents, SayWhatIsWrongWithAQuestion) {
  const auto why = [&](name_values queries) {
    const auto answer = get("/api/events", std::move(queries));
    return std::to_string(answer.status) + " " + answer.json().value("detail", "");
  };
  EXPECT_THAT(why({{"before", "12"}}), HasSubstr("1234-57"));
  EXPECT_THAT(why({{"since", "yesterday"}}), HasSubstr("instant"));
  EXPECT_THAT(why({{"type", "a..b"}}), HasSubstr("pattern"));
  EXPECT_THAT(why({{"session", ""}}), HasSubstr("must not be empty"));
  EXPECT_THAT(why({{"limit", "0"}}), HasSubstr("1 to 1000"));
  EXPECT_THAT(why({{"sesion", "x"}}), HasSubstr("type, source, session, user, since, until, before and limit"));
  role_ = "user";
  EXPECT_EQ(get("/api/events").status, 403);
  EXPECT_EQ(get("/api/events/subscriptions").status, 403);
}

}  // namespace
}  // namespace streamspace
