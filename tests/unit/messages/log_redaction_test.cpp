#include <gmock/gmock.h>

#include <streamspace/messages/log_redaction.hpp>

namespace streamspace {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const json password{{"format", "password"}};

std::string redacted(const std::string& message, const std::vector<std::string>& secrets) {
  log_record line{"p", log_level::info, message, nullptr, {}};
  log_redaction{secrets}.apply(line);
  return line.message;
}

json redacted_data(const json& data, const std::vector<std::string>& secrets) {
  log_record line{"p", log_level::info, "m", data, {}};
  log_redaction{secrets}.apply(line);
  return line.data;
}

TEST(LogRedaction, FindsTheSecretsThatTheSchemaDeclares) {
  const json schema{{"properties",
                     {{"token", password},
                      {"keys", {{"items", password}}},
                      {"login", {{"properties", {{"pin", password}, {"pair", password}}}}}}}};
  const json config{{"token", "hunter2"},
                    {"url", "https://example.com"},
                    {"keys", {"first-key", "second-key"}},
                    {"login", {{"user", "ann"}, {"pin", 123456}, {"pair", {{"id", "key-id"}, {"on", true}}}}}};
  EXPECT_THAT(secrets_of(config, schema),
              UnorderedElementsAre("hunter2", "first-key", "second-key", "123456", "key-id"));
  EXPECT_THAT(secrets_of(config, json::object()), IsEmpty());
}

TEST(LogRedaction, TakesEveryOccurrenceOutOfTheMessage) {
  EXPECT_EQ(redacted("hunter2 and hunter2hunter2!", {"hunter2"}), "*** and ******!");
  EXPECT_EQ(redacted("nothing of it", {"hunter2"}), "nothing of it");
}

TEST(LogRedaction, TakesTheLongestFirstSoThatNothingOfItStays) {
  EXPECT_EQ(redacted("pass: secret-and-more", {"secret", "secret-and-more"}), "pass: ***");
}

TEST(LogRedaction, LeavesWhatIsTooShortToBeToldFromOrdinaryWords) {
  EXPECT_EQ(redacted("the cat sat", {"cat"}), "the cat sat");
  EXPECT_EQ(redacted("the cats sat", {"cats"}), "the *** sat");
}

TEST(LogRedaction, KnowsASecretThatWasPrintedAsJson) {
  const std::string secret = "pa\"ss\\word";
  EXPECT_EQ(redacted("config " + json{{"token", secret}}.dump(), {secret}), R"(config {"token":"***"})");
}

TEST(LogRedaction, LooksIntoTheDataAtAnyDepthKeysToo) {
  const json data{{"a", {{"b", json::array({"x hunter2", 1, json{{"hunter2", "v"}}})}}}, {"url", "u?k=hunter2&n"}};
  EXPECT_EQ(redacted_data(data, {"hunter2"}),
            (json{{"a", {{"b", json::array({"x ***", 1, json{{"***", "v"}}})}}}, {"url", "u?k=***&n"}}));
}

TEST(LogRedaction, TakesANumberThatIsASecret) {
  EXPECT_EQ(redacted_data({{"pin", 123456}, {"n", 1234567}}, {"123456"}), (json{{"pin", "***"}, {"n", 1234567}}));
}

TEST(LogRedaction, HidesAsAWholeWhatIsNestedTooDeepToBeLookedThrough) {
  json deep = "hunter2";
  for (int i = 0; i < 200; ++i) deep = json::array({deep});
  EXPECT_EQ(redacted_data(deep, {"hunter2"}).dump().find("hunter2"), std::string::npos);
}

TEST(LogRedaction, DoesNothingWithoutSecrets) {
  EXPECT_TRUE(log_redaction{}.empty());
  EXPECT_TRUE(log_redaction({"abc"}).empty());
  EXPECT_EQ(redacted("as it is", {}), "as it is");
}

}  // namespace
}  // namespace streamspace
