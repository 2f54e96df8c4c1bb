#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <support/errors.hpp>

#include "builtin_plugin_test.hpp"
#include "webhook_receiver.hpp"

namespace streamspace::testing {
namespace {

using strings = std::vector<std::string>;
using reply = webhook_reply;

class WebhookPlugin : public builtin_plugin_test {
 protected:
  WebhookPlugin() : builtin_plugin_test{"webhook"} {}

  /// A configuration with one endpoint and pauses of a millisecond.
  static json to(const std::string& url, const json& more = json::object()) {
    json endpoint{{"url", url}, {"events", {"session.*"}}};
    endpoint.merge_patch(more);
    return {{"endpoints", {std::move(endpoint)}}, {"firstPauseMs", 1}, {"longestPauseMs", 1}};
  }

  /// The same with pauses so long that nothing is tried twice within a test.
  static json once_to(const std::string& url) {
    auto config = to(url);
    config["firstPauseMs"] = config["longestPauseMs"] = 3'600'000;
    return config;
  }

  /// Waits until so many deliveries have this status in the table; the newest of them.
  static json wait_for(plugin_test_bed& bed, const std::string& status, std::size_t count = 1) {
    json found;
    EXPECT_TRUE(eventually([&] {
      found = bed.get("/deliveries?status=" + status).json()["deliveries"];
      return found.size() >= count;
    })) << "there are "
        << found.size() << " " << status << " deliveries";
    EXPECT_EQ(found.size(), count);
    return found.empty() ? json{} : found[0];
  }

  static json stats(plugin_test_bed& bed) { return bed.get("/stats").json(); }
};

strings ids_of(const std::vector<request>& requests) {
  strings ids;
  for (const auto& rq : requests) ids.emplace_back(rq.header("X-StreamSpace-Delivery"));
  return ids;
}

/// Answers with these statuses, one after the other, then with 200.
webhook_receiver::answerer statuses(std::vector<int> first) {
  return [first = std::move(first)](const request&, std::size_t number) {
    return reply{number < first.size() ? first[number] : 200};
  };
}

const webhook_receiver::answerer hanging = [](const request&, std::size_t) { return reply{.hang = true}; };

TEST_F(WebhookPlugin, PostsTheEventsEnvelope) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url("/hook?team=a"), {{"headers", {{"X-Team", "a"}}}}));
  expect_ok(bed.load());
  const auto e = a_session("s1").created();
  expect_all_ok(bed.emit(e), 1);
  ASSERT_TRUE(receiver.wait_for(1));
  const auto rq = receiver.requests()[0];
  EXPECT_EQ(rq.method, "POST");
  EXPECT_EQ(rq.path, "/hook?team=a");
  EXPECT_EQ(rq.json(), e.envelope());
  EXPECT_EQ(rq.header("Content-Type"), "application/json");
  EXPECT_EQ(rq.header("X-StreamSpace-Event"), "session.created");
  EXPECT_EQ(rq.header("X-StreamSpace-Delivery"), e.id());
  EXPECT_EQ(rq.header("X-Team"), "a");
  EXPECT_EQ(rq.header("X-StreamSpace-Signature"), "") << "no secret, no signature";
  const auto row = wait_for(bed, "delivered");
  EXPECT_EQ(row["event"], e.id());
  EXPECT_EQ(row["type"], "session.created");
  EXPECT_EQ(row["attempts"], 1);
  EXPECT_EQ(row["httpStatus"], 200);
  EXPECT_TRUE(row["lastError"].is_null());
  EXPECT_EQ(stats(bed), (json{{"delivered", 1}, {"failed", 0}, {"retried", 0}, {"queued", 0}, {"dropped", 0}}));
}

TEST_F(WebhookPlugin, SignsTimestampAndBody) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url(), {{"secret", "open sesame"}}));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  ASSERT_TRUE(receiver.wait_for(1));
  const auto rq = receiver.requests()[0];
  const auto message = std::string{rq.header("X-StreamSpace-Timestamp")} + "." + rq.body;
  unsigned char mac[32];
  unsigned size = 0;
  HMAC(EVP_sha256(), "open sesame", 11, reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac,
       &size);
  std::string expected = "sha256=";
  for (const auto byte : mac) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", byte);
    expected += hex;
  }
  EXPECT_EQ(rq.header("X-StreamSpace-Signature"), expected);
}

TEST_F(WebhookPlugin, SendsOnlyWhatTheEndpointAskedForAndThatOnce) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url(), {{"events", {"session.created", "session.*", "*.login", ">"}}}));
  const webhook_receiver other;
  auto narrow = make_bed(to(other.url(), {{"events", {"session.created", "session.*"}}}));
  expect_ok(bed.load());
  user ann;
  ann.id = "ann";
  bed.emit(a_session("s1").created());
  bed.emit(ann.login());
  bed.emit(ann.logout());
  wait_for(bed, "delivered", 3);
  EXPECT_EQ(receiver.requests().size(), 3U);
  expect_ok(bed.disable());

  expect_ok(narrow.load());
  narrow.emit(ann.login());
  narrow.emit(a_session("s2").created());
  ASSERT_TRUE(other.wait_for(1));
  wait_for(narrow, "delivered", 4);
  EXPECT_EQ(other.requests().size(), 1U);
}

TEST_F(WebhookPlugin, SendsARedeliveredEventOnce) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  const auto e = a_session("s1").created();
  const auto last = a_session("s1").deleted();
  bed.emit(e);
  bed.emit(e);
  bed.emit(last);
  wait_for(bed, "delivered", 2);
  EXPECT_EQ(ids_of(receiver.requests()), (strings{e.id(), last.id()}));
}

TEST_F(WebhookPlugin, TriesAgainUntilTheReceiverRecoversAndKeepsTheOrder) {
  const webhook_receiver receiver{statuses({503, 500})};
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  const auto s = a_session("s1");
  const auto first = s.created();
  const auto then = s.started();
  bed.emit(first);
  bed.emit(then);
  wait_for(bed, "delivered", 2);
  EXPECT_EQ(ids_of(receiver.requests()), (strings{first.id(), first.id(), first.id(), then.id()}));
  const auto rows = bed.get("/deliveries").json()["deliveries"];
  EXPECT_EQ(rows[0]["attempts"], 1);
  EXPECT_EQ(rows[1]["attempts"], 3);
  EXPECT_EQ(stats(bed)["retried"], 2);
  EXPECT_EQ(stats(bed)["delivered"], 2);
}

TEST_F(WebhookPlugin, GivesUpAtOnceWhatWouldFailAgain) {
  const webhook_receiver receiver{statuses({404, 302})};
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  bed.emit(a_session("s1").started());
  bed.emit(a_session("s1").deleted());
  wait_for(bed, "delivered", 1);
  EXPECT_EQ(receiver.requests().size(), 3U);
  const auto failed = bed.get("/deliveries?status=failed").json()["deliveries"];
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0]["httpStatus"], 302);
  EXPECT_EQ(failed[0]["lastError"], "HTTP 302, a redirect, which is not followed");
  EXPECT_EQ(failed[1]["httpStatus"], 404);
  EXPECT_EQ(failed[1]["attempts"], 1);
  EXPECT_EQ(stats(bed)["failed"], 2);
  EXPECT_NE(bed.log_text().find("a delivery has failed"), std::string::npos);
}

TEST_F(WebhookPlugin, WaitsAsLongAsTheReceiverAsks) {
  std::vector<std::chrono::steady_clock::time_point> times;
  const webhook_receiver receiver{[&times](const request&, std::size_t number) {
    times.push_back(std::chrono::steady_clock::now());
    return number == 0 ? reply{429, {{"Retry-After", "1"}}} : reply{};
  }};
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  wait_for(bed, "delivered");
  ASSERT_EQ(times.size(), 2U);
  EXPECT_GE(times[1] - times[0], std::chrono::milliseconds{990});
}

TEST_F(WebhookPlugin, GivesUpAfterTheLastAttempt) {
  auto bed = make_bed(to(refusing_url(), {{"maxAttempts", 3}}));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  const auto row = wait_for(bed, "failed");
  EXPECT_EQ(row["attempts"], 3);
  EXPECT_TRUE(row["httpStatus"].is_null());
  EXPECT_FALSE(row["lastError"].get<std::string>().empty());
  EXPECT_EQ(stats(bed)["retried"], 2);
}

TEST_F(WebhookPlugin, GivesUpAReceiverThatDoesNotAnswerInTime) {
  const webhook_receiver receiver{hanging};
  auto bed = make_bed(to(receiver.url(), {{"timeoutMs", 50}, {"maxAttempts", 2}}));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  const auto row = wait_for(bed, "failed");
  EXPECT_EQ(row["attempts"], 2);
  EXPECT_NE(row["lastError"].get<std::string>().find("timed out"), std::string::npos) << row;
}

TEST_F(WebhookPlugin, ReadsNoMoreOfAnAnswerThanItNeeds) {
  const webhook_receiver receiver{[](const request&, std::size_t) {
    return reply{200, {}, std::string(8 * 1024 * 1024, 'x')};
  }};
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  EXPECT_EQ(wait_for(bed, "delivered")["attempts"], 1);
}

TEST_F(WebhookPlugin, DoesNotLetOneEndpointHoldBackAnother) {
  std::optional<webhook_receiver> stuck{hanging};
  const webhook_receiver healthy;
  auto config = once_to(stuck->url());
  config["endpoints"].push_back({{"url", healthy.url()}, {"events", {"session.*"}}, {"name", "healthy"}});
  auto bed = make_bed(config);
  expect_ok(bed.load());
  for (int i = 0; i < 20; ++i) bed.emit(a_session("s" + std::to_string(i)).created());
  ASSERT_TRUE(healthy.wait_for(20));
  EXPECT_EQ(wait_for(bed, "delivered", 20)["endpoint"], "healthy");
  EXPECT_EQ(stuck->requests().size(), 1U);
  stuck.reset();
}

TEST_F(WebhookPlugin, DropsAndCountsWhatTheQueueHasNoRoomFor) {
  std::optional<webhook_receiver> stuck{hanging};
  auto config = once_to(stuck->url());
  config["queueLimit"] = 2;
  auto bed = make_bed(config);
  expect_ok(bed.load());
  for (int i = 0; i < 5; ++i) expect_all_ok(bed.emit(a_session("s" + std::to_string(i)).created()), 1);
  EXPECT_EQ(stats(bed)["dropped"], 3);
  EXPECT_EQ(stats(bed)["queued"], 2);
  EXPECT_EQ(bed.get("/deliveries").json()["deliveries"].size(), 2U);
  std::size_t lines = 0;
  for (const auto& record : bed.logs()) lines += record.message.find("dropped") != std::string::npos;
  EXPECT_EQ(lines, 1U) << "a line a minute";
  stuck.reset();
}

TEST_F(WebhookPlugin, GoesOnAfterARestartWithWhatIsPending) {
  const auto s = a_session("s1");
  const auto first = s.created();
  const auto then = s.started();
  const webhook_receiver receiver{statuses({503})};
  const auto config = once_to(receiver.url());
  {
    auto bed = make_bed(config);
    expect_ok(bed.load());
    bed.emit(first);
    bed.emit(then);
    ASSERT_TRUE(eventually([&] { return stats(bed)["retried"] == 1; }));
    expect_ok(bed.disable());
    EXPECT_EQ(sql("SELECT * FROM plugin_webhook_deliveries WHERE status = 'pending'").size(), 2U);
  }
  auto bed = make_bed(config);
  expect_ok(bed.load());
  wait_for(bed, "delivered", 2);
  EXPECT_EQ(ids_of(receiver.requests()), (strings{first.id(), first.id(), then.id()}));
  EXPECT_EQ(bed.get("/deliveries").json()["deliveries"][1]["attempts"], 2) << "attempts go on counting";
}

TEST_F(WebhookPlugin, GoesOnWhenItIsEnabledAgain) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  wait_for(bed, "delivered");
  expect_ok(bed.disable());
  expect_ok(bed.enable());
  bed.emit(a_session("s2").created());
  wait_for(bed, "delivered", 2);
  EXPECT_EQ(receiver.requests().size(), 2U);
}

TEST_F(WebhookPlugin, SendsWhatIsDueBeforeItIsDisabled) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  for (int i = 0; i < 10; ++i) bed.emit(a_session("s" + std::to_string(i)).created());
  expect_ok(bed.disable());
  EXPECT_EQ(receiver.requests().size(), 10U);
  EXPECT_EQ(sql("SELECT * FROM plugin_webhook_deliveries WHERE status = 'delivered'").size(), 10U);
}

TEST_F(WebhookPlugin, GivesUpWhatIsPendingForAnEndpointThatIsGone) {
  const webhook_receiver receiver{statuses({503})};
  const auto config = once_to(receiver.url());
  {
    auto bed = make_bed(config);
    expect_ok(bed.load());
    bed.emit(a_session("s1").created());
    ASSERT_TRUE(eventually([&] { return stats(bed)["retried"] == 1; }));
  }
  auto bed = make_bed();
  expect_ok(bed.load());
  EXPECT_EQ(wait_for(bed, "failed")["lastError"], "the endpoint is not configured any more");
}

TEST_F(WebhookPlugin, WritesOutcomesWhenTheDatabaseIsBack) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$");
  sql("CREATE TRIGGER refuse BEFORE UPDATE ON plugin_webhook_deliveries EXECUTE FUNCTION refuse()");
  bed.emit(a_session("s1").created());
  ASSERT_TRUE(eventually([&] { return bed.log_text().find("could not be written") != std::string::npos; }));
  sql("DROP TRIGGER refuse ON plugin_webhook_deliveries");
  wait_for(bed, "delivered");
  EXPECT_EQ(receiver.requests().size(), 1U);
}

TEST_F(WebhookPlugin, ShowsAndLogsNoSecret) {
  const webhook_receiver receiver{statuses({404})};
  auto bed = make_bed(to(receiver.url("/services/hunter1"),
                         {{"secret", "hunter2"}, {"headers", {{"Authorization", "Bearer hunter3"}}}}));
  expect_ok(bed.load());
  bed.emit(event{"session.shared", json{{"id", "s1"}, {"accessToken", "hunter4"}}});
  wait_for(bed, "failed");
  bed.post("/test");
  wait_for(bed, "delivered");
  EXPECT_EQ(receiver.requests()[0].header("Authorization"), "Bearer hunter3");
  EXPECT_EQ(receiver.requests()[0].body.find("hunter"), std::string::npos);
  std::string shown = bed.get("/deliveries").body + bed.get("/stats").body + bed.log_text();
  for (const auto& row : sql("SELECT * FROM plugin_webhook_deliveries"))
    for (std::size_t i = 0; i < row.size(); ++i) shown += row.cell(i).value_or("");
  EXPECT_EQ(shown.find("hunter"), std::string::npos) << shown;
}

TEST_F(WebhookPlugin, SendsATestEventToEveryEndpoint) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  bed.caller = {"bob", "user", {"plugin.webhook.read"}};
  EXPECT_EQ(bed.post("/test").status, 403);
  bed.caller.permissions.emplace_back("plugin.webhook.manage");
  const auto answer = bed.post("/test");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.json()["queued"], 1);
  ASSERT_TRUE(receiver.wait_for(1));
  EXPECT_EQ(receiver.requests()[0].header("X-StreamSpace-Delivery"), answer.json()["event"].get<std::string>());
  EXPECT_EQ(receiver.requests()[0].json()["type"], "plugin.webhook.test");
}

TEST_F(WebhookPlugin, HasNothingToTestWithoutEndpoints) {
  auto bed = make_bed();
  expect_ok(bed.load());
  EXPECT_TRUE(bed.subscriptions().empty());
  EXPECT_EQ(bed.post("/test").status, 409);
}

TEST_F(WebhookPlugin, PagesThroughDeliveriesFromTheNewestOn) {
  const webhook_receiver receiver;
  auto bed = make_bed(to(receiver.url()));
  expect_ok(bed.load());
  strings sent;
  for (int i = 0; i < 5; ++i) {
    const auto e = a_session("s" + std::to_string(i)).created();
    sent.insert(sent.begin(), e.id());
    bed.emit(e);
  }
  wait_for(bed, "delivered", 5);
  strings seen;
  std::string target = "/deliveries?limit=2";
  for (int page = 0; page < 3; ++page) {
    const auto answer = bed.get(target).json();
    for (const auto& d : answer["deliveries"]) seen.push_back(d["event"]);
    EXPECT_EQ(answer.contains("next"), page < 2);
    if (page < 2) target = "/deliveries?limit=2&before=" + answer["next"].dump();
  }
  EXPECT_EQ(seen, sent);
  for (const auto* query : {"status=lost", "limit=0", "limit=1001", "before=x", "after=1"})
    EXPECT_EQ(bed.get(std::string{"/deliveries?"} + query).status, 400) << query;
}

TEST_F(WebhookPlugin, DropsFinishedDeliveriesOlderThanTheRetentionWhenEnabled) {
  const webhook_receiver receiver;
  auto config = to(receiver.url());
  config["retentionDays"] = 7;
  auto bed = make_bed(config);
  expect_ok(bed.load());
  bed.emit(a_session("s1").created());
  bed.emit(a_session("s2").created());
  wait_for(bed, "delivered", 2);
  sql("UPDATE plugin_webhook_deliveries SET updated_at = now() - interval '8 days' WHERE id = 1");
  expect_ok(bed.disable());
  expect_ok(bed.enable());
  EXPECT_EQ(wait_for(bed, "delivered")["id"], 2);
}

}  // namespace
}  // namespace streamspace::testing
