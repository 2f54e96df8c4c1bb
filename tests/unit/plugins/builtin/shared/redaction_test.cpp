#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/shared/redaction.hpp>

namespace streamspace::builtin {
namespace {

TEST(NamesASecret, WhateverTheSpelling) {
  for (const auto* name : {"password",      "Password",      "PASSWORD",      "passwords",  "user_password",
                           "newPassword",   "passwd",        "pwd",           "passphrase", "secret",
                           "client_secret", "clientSecret",  "secrets",       "token",      "accessToken",
                           "refresh-token", "id_token",      "api_key",       "apiKey",     "X-Api-Key",
                           "api key",       "Authorization", "private_key",   "credential", "credentials",
                           "cookie",        "Set-Cookie",    "password_hash", "otp"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const auto* name : {"", "s", "user", "id", "tokenizer", "secretary", "key", "keyboard", "passport", "author",
                           "pass", "state", "name", "_", "word"})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

TEST(Redacted, HidesSecretsAtAnyDepth) {
  const json value{{"user", "ann"},
                   {"password", "p"},
                   {"list", {json{{"token", "t"}}, {{"deep", {{"apiKey", {{"not", "shown"}}}}}}}}};
  EXPECT_EQ(redacted(value), (json{{"user", "ann"},
                                   {"password", "***"},
                                   {"list", {json{{"token", "***"}}, {{"deep", {{"apiKey", "***"}}}}}}}));
}

TEST(Redacted, KeepsTheRestAsItIs) {
  for (const json& value : {json(nullptr), json(true), json(-5), json(1.5), json("text"), json::array(), json::object(),
                            json{1, "a", nullptr}})
    EXPECT_EQ(redacted(value), value);
}

TEST(Redacted, MendsTextThatJsonbCannotHold) {
  const auto mended = redacted(json{{std::string{"k\0", 2}, std::string{"a\0b", 3}}, {"bad", "\xC3("}});
  EXPECT_EQ(mended["k\xEF\xBF\xBD"],
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(mended["bad"], "\xEF\xBF\xBD(");
  EXPECT_NO_THROW((void)mended.dump());
}

TEST(Redacted, CutsOffWhatIsNestedTooDeep) {
  json deep = "bottom";
  for (int i = 0; i < 10'000; ++i) deep = json::array({std::move(deep)});
  int levels = 0;
  const auto kept = redacted(deep);
  const auto* at = &kept;
  for (; at->is_array(); at = &at->front()) ++levels;
  EXPECT_EQ(levels, 64);
  EXPECT_EQ(*at, "...");
}

}  // namespace
}  // namespace streamspace::builtin
