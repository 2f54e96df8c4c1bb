#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/builtin/webhook/signature.hpp>
#include <streamspace/plugins/builtin/webhook/webhook_config.hpp>

namespace streamspace::builtin {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

json an_endpoint(const json& changes = json::object()) {
  json endpoint{{"url", "https://example.com/hook"}, {"events", {"session.*"}}};
  endpoint.update(changes);
  return endpoint;
}

webhook_config read(const json& config) {
  return read_webhook_config(plugin_config{config});
}

webhook_endpoint read_endpoint(const json& changes) {
  return read({{"endpoints", {an_endpoint(changes)}}}).endpoints.at(0);
}

/// What is said against a configuration; empty when it is taken.
std::string refusal_of(const json& config) {
  const auto failure = testing::failure_of([&] { read(config); });
  if (!failure) return {};
  EXPECT_EQ(failure->code(), ec::invalid_argument) << failure->message();
  return failure->message();
}

std::string refusal_of_endpoint(const json& changes) {
  return refusal_of({{"endpoints", {an_endpoint(changes)}}});
}

TEST(WebhookConfig, HasDefaults) {
  const auto config = read(json::object());
  EXPECT_TRUE(config.endpoints.empty());
  EXPECT_DOUBLE_EQ(config.rate_per_second, 100);
  EXPECT_EQ(config.queue_limit, 10'000U);
  EXPECT_EQ(config.retention_days, 30);
  EXPECT_EQ(config.proxy, "");
  const auto endpoint = read_endpoint(json::object());
  EXPECT_EQ(endpoint.timeout, milliseconds{5'000});
  EXPECT_EQ(endpoint.retry.max_attempts, 5);
  EXPECT_EQ(endpoint.retry.first_pause, milliseconds{1'000});
  EXPECT_EQ(endpoint.retry.longest_pause, milliseconds{60'000});
  EXPECT_EQ(endpoint.secret, "");
}

TEST(WebhookConfig, ReadsAllThatIsSet) {
  const auto config = read({{"endpoints",
                             {an_endpoint({{"name", "team a"},
                                           {"secret", "s3cret"},
                                           {"headers", {{"X-Team", "a"}, {"Authorization", "Bearer x"}}},
                                           {"timeoutMs", 250},
                                           {"maxAttempts", 2}})}},
                            {"ratePerSecond", 0.5},
                            {"queueLimit", 7},
                            {"firstPauseMs", 10},
                            {"longestPauseMs", 20},
                            {"retentionDays", 0},
                            {"proxy", "http://proxy.example:3128"}});
  EXPECT_DOUBLE_EQ(config.rate_per_second, 0.5);
  EXPECT_EQ(config.queue_limit, 7U);
  EXPECT_EQ(config.retention_days, 0);
  EXPECT_EQ(config.proxy, "http://proxy.example:3128");
  const auto& endpoint = config.endpoints.at(0);
  EXPECT_EQ(endpoint.name, "team a");
  EXPECT_EQ(endpoint.secret, "s3cret");
  EXPECT_THAT(endpoint.headers,
              ::testing::UnorderedElementsAre(std::pair{std::string{"X-Team"}, std::string{"a"}},
                                              std::pair{std::string{"Authorization"}, std::string{"Bearer x"}}));
  EXPECT_EQ(endpoint.timeout, milliseconds{250});
  EXPECT_EQ(endpoint.retry.max_attempts, 2);
  EXPECT_EQ(endpoint.retry.first_pause, milliseconds{10});
  EXPECT_EQ(endpoint.retry.longest_pause, milliseconds{20});
}

TEST(WebhookConfig, ShowsOfAUrlOnlyWhereItLeads) {
  EXPECT_EQ(read_endpoint({{"url", "https://hooks.example.com/T1/secret?key=secret"}}).name,
            "https://hooks.example.com:443");
  EXPECT_EQ(read_endpoint({{"url", "http://10.0.0.1:8080/secret"}}).name, "http://10.0.0.1:8080");
  EXPECT_EQ(read_endpoint({{"url", "http://[::1]:8080/secret"}}).name, "http://[::1]:8080");
}

TEST(WebhookConfig, KnowsAnEndpointAgainByItsUrl) {
  EXPECT_EQ(read_endpoint({{"name", "a"}, {"secret", "x"}}).key, read_endpoint({{"name", "b"}}).key);
  EXPECT_NE(read_endpoint({{"url", "https://example.com/a"}}).key,
            read_endpoint({{"url", "https://example.com/b"}}).key);
}

TEST(WebhookConfig, RefusesUrlsThatCannotBePostedTo) {
  const std::vector<std::pair<json, std::string>> bad{{"", "/endpoints/0/url is not a URL"},
                                                      {"example.com/hook", "/endpoints/0/url"},
                                                      {"ftp://example.com/", "https:// or http://"},
                                                      {"file:///etc/passwd", "/endpoints/0/url"},
                                                      {"https://", "/endpoints/0/url"},
                                                      {"https://ann:hunter2@example.com/", "Authorization header"},
                                                      {"https://ann@example.com/", "Authorization header"},
                                                      {"https://example.com/#top", "fragment"},
                                                      {"https://example.com/\r\nHost: x", "not a URL"},
                                                      {"https://example.com/" + std::string(2'000, 'x'), "longer"},
                                                      {7, "'url' must be a string"}};
  for (const auto& [url, why] : bad) {
    EXPECT_THAT(refusal_of_endpoint({{"url", url}}), HasSubstr(why)) << url;
    EXPECT_THAT(refusal_of_endpoint({{"url", url}}), Not(HasSubstr("hunter2")));
  }
}

TEST(WebhookConfig, RefusesWhatAnEndpointMayNotHold) {
  const std::vector<std::pair<json, std::string>> bad{
      {{{"events", json::array()}}, "/endpoints/0/events"},
      {{{"events", "session.*"}}, "array of strings"},
      {{{"events", {"session.cre*"}}}, "session.cre*"},
      {{{"events", std::vector<std::string>(51, "a.b")}}, "1 to 50"},
      {{{"timeoutMs", 0}}, "/endpoints/0/timeoutMs is 0; it must be from 10 to 120000"},
      {{{"timeoutMs", 1.5}}, "integer"},
      {{{"timeoutMs", 10'000'000'000LL}}, "integer of 32 bits"},
      {{{"maxAttempts", 101}}, "from 1 to 100"},
      {{{"name", ""}}, "/endpoints/0/name"},
      {{{"name", "a\nb"}}, "one line"},
      {{{"secret", 5}}, "'secret' must be a string"},
      {{{"secret", std::string(2'001, 'x')}}, "/endpoints/0/secret"},
      {{{"headers", {"a", "b"}}}, "/endpoints/0/headers"},
      {{{"headers", {{"Bad Name", "x"}}}}, "no header's name"},
      {{{"headers", {{"", "x"}}}}, "no header's name"},
      {{{"headers", {{"X-A", "b\r\nX-C: d"}}}}, "text of one line"},
      {{{"headers", {{"X-A", 1}}}}, "text of one line"},
      {{{"headers", {{"x-streamspace-signature", "forged"}}}}, "must not set"},
      {{{"headers", {{"Host", "other"}}}}, "must not set Host"},
      {{{"headers", {{"content-LENGTH", "0"}}}}, "must not set"},
      {{{"method", "PUT"}}, "unknown member 'method'"}};
  for (const auto& [changes, why] : bad) EXPECT_THAT(refusal_of_endpoint(changes), HasSubstr(why)) << changes;
}

TEST(WebhookConfig, RefusesWhatTheWholeMayNotHold) {
  EXPECT_THAT(refusal_of({{"endpoints", "https://example.com"}}), HasSubstr("/endpoints must be a list"));
  EXPECT_THAT(refusal_of({{"endpoints", {"https://example.com"}}}), HasSubstr("/endpoints/0 must be an object"));
  EXPECT_THAT(refusal_of({{"endpoints", {an_endpoint(), an_endpoint()}}}),
              HasSubstr("/endpoints/1/url stands there twice"));
  EXPECT_THAT(refusal_of({{"endpoints", std::vector<json>(51, an_endpoint())}}), HasSubstr("at most 50"));
  EXPECT_THAT(refusal_of({{"endpoints", {{{"events", {"a"}}}}}}), HasSubstr("/endpoints/0/url"));
  EXPECT_THAT(refusal_of({{"endpoints", {{{"url", "http://x"}}}}}), HasSubstr("/endpoints/0/events"));
  EXPECT_THAT(refusal_of({{"ratePerSecond", 0}}), HasSubstr("/ratePerSecond is 0"));
  EXPECT_THAT(refusal_of({{"ratePerSecond", "fast"}}), HasSubstr("/ratePerSecond"));
  EXPECT_THAT(refusal_of({{"queueLimit", 0}}), HasSubstr("/queueLimit"));
  EXPECT_THAT(refusal_of({{"queueLimit", -1}}), HasSubstr("/queueLimit"));
  EXPECT_THAT(refusal_of({{"retentionDays", -1}}), HasSubstr("/retentionDays"));
  EXPECT_THAT(refusal_of({{"firstPauseMs", 100}, {"longestPauseMs", 10}}), HasSubstr("/firstPauseMs"));
  EXPECT_THAT(refusal_of({{"proxy", "proxy:3128"}}), HasSubstr("/proxy"));
}

TEST(WebhookConfig, DoesNotQuoteASecretThatIsWrong) {
  for (const json& changes : {json{{"secret", {{"value", "hunter2"}}}}, json{{"headers", {{"X-A", "hunter2\n"}}}},
                              json{{"headers", {{"Authorization", {"hunter2"}}}}}})
    EXPECT_THAT(refusal_of_endpoint(changes), ::testing::AllOf(Not(HasSubstr("hunter2")), Not(::testing::IsEmpty())));
}

TEST(WebhookEndpoint, WantsWhatItsPatternsMatch) {
  const auto endpoint = read_endpoint({{"events", {"session.created", "user.*"}}});
  EXPECT_TRUE(endpoint.wants("session.created"));
  EXPECT_TRUE(endpoint.wants("user.login"));
  EXPECT_FALSE(endpoint.wants("session.created_v2"));
  EXPECT_FALSE(endpoint.wants("user"));
}

TEST(DeliveryHeaders, SignWhenThereIsASecret) {
  const auto endpoint = read_endpoint({{"secret", "s3cret"}, {"headers", {{"X-Team", "a"}}}});
  const request rq{.headers =
                       delivery_headers(endpoint, "e1", "session.created", "{}", std::chrono::seconds{1'774'785'600})};
  EXPECT_EQ(rq.header("X-StreamSpace-Timestamp"), "1774785600");
  EXPECT_EQ(rq.header("X-StreamSpace-Event"), "session.created");
  EXPECT_EQ(rq.header("X-StreamSpace-Delivery"), "e1");
  EXPECT_EQ(rq.header("X-StreamSpace-Signature"), signature_of("s3cret", "1774785600", "{}"));
  EXPECT_EQ(rq.header("X-Team"), "a");
  const request plain{.headers =
                          delivery_headers(read_endpoint(json::object()), "e1", "a", "{}", std::chrono::seconds{1})};
  EXPECT_EQ(plain.header("X-StreamSpace-Signature"), "");
}

}  // namespace
}  // namespace streamspace::builtin
