#include <gmock/gmock.h>

#include <streamspace/messages/config_secrets.hpp>

namespace streamspace {
namespace {

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

}  // namespace
}  // namespace streamspace
