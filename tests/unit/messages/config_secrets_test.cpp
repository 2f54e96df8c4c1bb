#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/config_secrets.hpp>

namespace streamspace {
namespace {

using testing::failure_of;
using ::testing::HasSubstr;

const json schema = json::parse(R"json({
  "type": "object",
  "properties": {
    "url": {"type": "string", "format": "uri"},
    "token": {"type": "string", "format": "password"},
    "smtp": {"type": "object", "properties": {"password": {"type": "string", "format": "password"}}},
    "hooks": {"type": "array", "items": {"type": "object", "properties": {"secret": {"format": "password"}}}}
  }
})json");

TEST(MaskedSecrets, HideWhatTheSchemaCallsAPassword) {
  const json config{{"url", "https://example.com"},
                    {"token", "hunter2"},
                    {"smtp", {{"host", "mail"}, {"password", "hunter2"}}},
                    {"hooks", {json{{"name", "a"}, {"secret", "hunter2"}}, json{{"name", "b"}}}},
                    {"other", 5}};
  EXPECT_EQ(masked_secrets(config, schema),
            (json{{"url", "https://example.com"},
                  {"token", "***"},
                  {"smtp", {{"host", "mail"}, {"password", "***"}}},
                  {"hooks", {json{{"name", "a"}, {"secret", "***"}}, json{{"name", "b"}}}},
                  {"other", 5}}));
}

TEST(MaskedSecrets, ShowThatASecretIsNotSet) {
  EXPECT_EQ(masked_secrets({{"token", ""}}, schema), (json{{"token", ""}}));
}

TEST(MaskedSecrets, HideASecretOfTheWrongKindToo) {
  EXPECT_EQ(masked_secrets({{"token", {{"value", "hunter2"}}}}, schema), (json{{"token", "***"}}));
}

TEST(MaskedSecrets, LeaveAConfigurationWithoutASchemaAsItIs) {
  for (const json& none : {json::object(), json(nullptr), json(true), json{{"properties", 5}}})
    EXPECT_EQ(masked_secrets({{"token", "x"}}, none), (json{{"token", "x"}}));
}

TEST(DeclaresSecrets, SaysWhetherAnythingOfASchemaIsAPassword) {
  EXPECT_TRUE(declares_secrets(schema));
  EXPECT_TRUE(declares_secrets(schema["properties"]["hooks"]));
  EXPECT_TRUE(declares_secrets({{"format", "password"}}));
  EXPECT_FALSE(declares_secrets(schema["properties"]["url"]));
  for (const json& none : {json::object(), json(nullptr), json(true), json{{"properties", 5}}, json{{"items", {1, 2}}}})
    EXPECT_FALSE(declares_secrets(none)) << none;
}

/// Two hooks with a secret each.
const json two_hooks{{"hooks", {json{{"name", "a"}, {"secret", "of a"}}, json{{"name", "b"}, {"secret", "of b"}}}}};

json hook(const std::string& name, const std::string& secret = "***") {
  return {{"name", name}, {"secret", secret}};
}
json hooks(std::vector<json> all) {
  return {{"hooks", std::move(all)}};
}

TEST(StoredSecrets, ComeBackWhereTheConfigurationShowsThem) {
  const json stored{{"url", "https://example.com"}, {"token", "hunter2"}, {"smtp", {{"password", {{"k", "v"}}}}}};
  auto sent = masked_secrets(stored, schema);
  sent["url"] = "https://example.org";
  auto expected = stored;
  expected["url"] = "https://example.org";
  EXPECT_EQ(with_stored_secrets(sent, stored, schema), expected);
}

TEST(StoredSecrets, GiveWayToWhatIsSent) {
  const json stored{{"token", "hunter2"}, {"smtp", {{"password", "hunter2"}}}};
  for (const json& sent : {json{{"token", "new"}}, json{{"token", ""}}, json{{"token", nullptr}}, json::object()})
    EXPECT_EQ(with_stored_secrets(sent, stored, schema), sent);
}

TEST(StoredSecrets, AreNotTakenForTextThatIsNoSecret) {
  const json sent{{"url", "***"}, {"other", "***"}};
  EXPECT_EQ(with_stored_secrets(sent, {{"url", "https://example.com"}, {"other", 5}}, schema), sent);
  EXPECT_EQ(with_stored_secrets({{"token", "***"}}, {{"token", "x"}}, json::object()), (json{{"token", "***"}}));
}

TEST(StoredSecrets, FollowTheirItemWhereverItGoes) {
  EXPECT_EQ(with_stored_secrets(hooks({hook("b"), hook("a")}), two_hooks, schema),
            hooks({hook("b", "of b"), hook("a", "of a")}));
  EXPECT_EQ(with_stored_secrets(hooks({hook("b")}), two_hooks, schema), hooks({hook("b", "of b")}));
  EXPECT_EQ(with_stored_secrets(hooks({hook("new", "of new"), hook("a"), hook("b")}), two_hooks, schema),
            hooks({hook("new", "of new"), hook("a", "of a"), hook("b", "of b")}));
}

TEST(StoredSecrets, StayAtTheirPlaceWhenTheItemIsChanged) {
  EXPECT_EQ(with_stored_secrets(hooks({hook("a"), hook("renamed")}), two_hooks, schema),
            hooks({hook("a", "of a"), hook("renamed", "of b")}));
}

TEST(StoredSecrets, AreNotGivenToAnotherItemOnAGuess) {
  for (const auto& sent :
       {hooks({hook("renamed")}), hooks({hook("b"), hook("new")}), hooks({hook("a"), hook("b"), hook("new")})}) {
    const auto refused = failure_of([&] { with_stored_secrets(sent, two_hooks, schema); });
    ASSERT_TRUE(refused) << sent;
    EXPECT_EQ(refused->code(), ec::invalid_argument);
    EXPECT_THAT(refused->message(), HasSubstr("'/hooks/" + std::to_string(sent["hooks"].size() - 1) + "/secret'"));
  }
}

TEST(StoredSecrets, AreRefusedWhereThereIsNone) {
  for (const json& stored : {json::object(), json{{"token", ""}}, json{{"smtp", 5}}}) {
    const auto refused = failure_of([&] { with_stored_secrets({{"token", "***"}}, stored, schema); });
    ASSERT_TRUE(refused) << stored;
    EXPECT_THAT(refused->message(), HasSubstr("'/token'"));
  }
}

}  // namespace
}  // namespace streamspace
