#include <cstdlib>
#include <jwt.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/bearer.hpp>
#include <streamspace/http/token_authority.hpp>
#include <streamspace/messages/json.hpp>

namespace streamspace {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string key_bytes(32, 'k');
const timestamp t0 = *parse_rfc3339("2026-03-29T01:00:00Z");

token_authority authority(duration leeway = seconds{30}) {
  return token_authority{signing_key{key_bytes}, leeway};
}

/// A token that libjwt signs as it is told, without our policy.
std::string forge(const json& claims, jwt_alg_t algorithm = JWT_ALG_HS256, const std::string& key = key_bytes) {
  jwt_t* token = nullptr;
  EXPECT_EQ(jwt_new(&token), 0);
  EXPECT_EQ(jwt_add_grants_json(token, claims.dump().c_str()), 0);
  const bool signs = algorithm != JWT_ALG_NONE;
  EXPECT_EQ(jwt_set_alg(token, algorithm, signs ? reinterpret_cast<const unsigned char*>(key.data()) : nullptr,
                        signs ? static_cast<int>(key.size()) : 0),
            0);
  char* text = jwt_encode_str(token);
  EXPECT_NE(text, nullptr);
  std::string out = text ? text : "";
  std::free(text);
  jwt_free(token);
  return out;
}

json good_claims() {
  const auto at = t0.time_since_epoch() / seconds{1};
  return {{"iss", "streamspace"}, {"sub", "u7"}, {"role", "user"}, {"iat", at}, {"exp", at + 60}};
}

std::string refusal_of(std::string_view token, timestamp now = t0) {
  const auto who = authority().verify(token, now);
  if (who) return "accepted";
  EXPECT_EQ(who.error().code(), ec::unauthenticated);
  return who.error().message();
}

TEST(TokenAuthority, VerifiesWhatItIssued) {
  const auto a = authority();
  const auto token = a.issue({"u7", "operator", {"plugin.slack.send", "sessions.read"}}, hours{1}, t0);
  const auto who = a.verify(token, t0 + std::chrono::minutes{59});
  ASSERT_TRUE(who) << who.error().message();
  EXPECT_EQ(who->subject, "u7");
  EXPECT_EQ(who->role, "operator");
  EXPECT_THAT(who->permissions, ElementsAre("plugin.slack.send", "sessions.read"));
  EXPECT_NE(token, a.issue({"u7", "operator", {}}, hours{1}, t0)) << "each token has an id of its own";
}

TEST(TokenAuthority, RefusesAnExpiredToken) {
  const auto token = authority().issue({"u7", "user", {}}, seconds{60}, t0);
  EXPECT_EQ(refusal_of(token, t0 + seconds{89}), "accepted") << "within the leeway";
  EXPECT_THAT(refusal_of(token, t0 + seconds{90}), HasSubstr("expired"));
  EXPECT_FALSE(authority(seconds{0}).verify(token, t0 + seconds{60}));
  EXPECT_TRUE(authority(seconds{0}).verify(token, t0 + seconds{59}));
}

TEST(TokenAuthority, RefusesATokenWithoutATimeOfExpiry) {
  EXPECT_EQ(refusal_of(forge(good_claims())), "accepted");
  auto claims = good_claims();
  claims.erase("exp");
  EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("no time of expiry"));
  for (const json& odd : {json("1790000000"), json(nullptr), json(true), json(-5), json(1e300), json::array({1})}) {
    claims["exp"] = odd;
    EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("no time of expiry")) << odd;
  }
}

TEST(TokenAuthority, RefusesATokenOfTheFuture) {
  auto claims = good_claims();
  const auto at = t0.time_since_epoch() / seconds{1};
  claims["nbf"] = at + 30;
  EXPECT_EQ(refusal_of(forge(claims)), "accepted");
  claims["nbf"] = at + 31;
  EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("not valid yet"));
  claims["nbf"] = "soon";
  EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("not valid yet"));
  claims.erase("nbf");
  claims["iat"] = at + 40;
  EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("not valid yet"));
}

TEST(TokenAuthority, RunsNoAlgorithmButItsOwn) {
  EXPECT_THAT(refusal_of(forge(good_claims(), JWT_ALG_NONE)), HasSubstr("not signed with HS256"));
  EXPECT_THAT(refusal_of(forge(good_claims(), JWT_ALG_HS384, std::string(48, 'k'))),
              HasSubstr("not signed with HS256"));
  EXPECT_THAT(refusal_of(forge(good_claims(), JWT_ALG_HS512)), HasSubstr("not signed with HS256"));
  const auto good = forge(good_claims());
  const auto rest = good.substr(good.find('.'));
  // {"alg":"RS256"}, {"alg":"none"}, {"alg":"hs256"}, {"alg":"HS256","crit":["x"]}, {"typ":"JWT"}, []
  for (const auto* header : {"eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJoczI1NiJ9",
                             "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ", "eyJ0eXAiOiJKV1QifQ", "W10"})
    EXPECT_THAT(refusal_of(header + rest), HasSubstr("not signed with HS256")) << header;
}

TEST(TokenAuthority, RefusesAnotherKeysToken) {
  EXPECT_THAT(refusal_of(forge(good_claims(), JWT_ALG_HS256, std::string(32, 'x'))), HasSubstr("signature"));
}

TEST(TokenAuthority, RefusesATokenWithAnyByteChanged) {
  const auto token = authority().issue({"u7", "user", {}}, hours{1}, t0);
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {  // The last character carries bits that encode nothing.
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal_of(changed), "accepted") << i;
  }
  EXPECT_NE(refusal_of(token.substr(0, token.size() - 4)), "accepted");
  EXPECT_NE(refusal_of(token.substr(0, token.rfind('.') + 1)), "accepted");
}

TEST(TokenAuthority, RefusesWhatIsNoToken) {
  for (const std::string_view text : {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "a b.c.d", "e30.e30.e30", "\xff.a.b"})
    EXPECT_NE(refusal_of(text), "accepted") << text;
  const auto good = forge(good_claims());
  EXPECT_NE(refusal_of(good + "="), "accepted");
  EXPECT_NE(refusal_of(" " + good), "accepted");
}

TEST(TokenAuthority, RefusesAnOversizeToken) {
  auto claims = good_claims();
  claims["padding"] = std::string(8 * 1024, 'x');
  EXPECT_THAT(refusal_of(forge(claims)), HasSubstr("longer than 8 KiB"));
  principal greedy{"u7", "user", {}};
  for (int i = 0; i < 1000; ++i) greedy.permissions.push_back("plugin.p" + std::to_string(i) + ".do");
  EXPECT_THROW(authority().issue(greedy, hours{1}, t0), error);
}

TEST(TokenAuthority, RefusesClaimsOfTheWrongShape) {
  const auto with = [](const char* name, json value) {
    auto claims = good_claims();
    claims[name] = std::move(value);
    return refusal_of(forge(claims));
  };
  EXPECT_NE(with("iss", "somebody"), "accepted");
  EXPECT_NE(with("iss", 7), "accepted");
  EXPECT_NE(with("sub", ""), "accepted");
  EXPECT_NE(with("sub", 7), "accepted");
  EXPECT_NE(with("role", 7), "accepted");
  EXPECT_NE(with("permissions", "all"), "accepted");
  EXPECT_NE(with("permissions", json::array({1})), "accepted");
  auto claims = good_claims();
  claims.erase("role");
  EXPECT_EQ(refusal_of(forge(claims)), "accepted");
  claims.erase("sub");
  EXPECT_NE(refusal_of(forge(claims)), "accepted");
}

TEST(TokenAuthority, RefusesWhatItShouldNotIssue) {
  const auto a = authority();
  EXPECT_THROW(a.issue({"", "user", {}}, hours{1}, t0), error);
  EXPECT_THROW(a.issue({"u", "user", {}}, duration{0}, t0), error);
  EXPECT_THROW(a.issue({"u", "user", {}}, std::chrono::days{4000}, t0), error);
  EXPECT_THROW(a.issue({"\xff", "user", {}}, hours{1}, t0), error);
  EXPECT_THROW(authority(seconds{61}), error);
  EXPECT_THROW(authority(seconds{-1}), error);
}

TEST(BearerAuthentication, ReadsTheAuthorizationHeader) {
  const auto a = std::make_shared<const token_authority>(authority());
  const auto token = a->issue({"u7", "user", {}}, hours{1}, t0);
  const auto authenticate = bearer_authentication(a, [] { return t0; });
  const auto ask = [&](std::vector<std::string> values) {
    request rq;
    for (auto& v : values) rq.headers.emplace_back("authorization", std::move(v));
    return authenticate(rq);
  };
  EXPECT_EQ(ask({"Bearer " + token})->subject, "u7");
  EXPECT_EQ(ask({"bEARER   " + token})->subject, "u7");
  ASSERT_TRUE(ask({}));
  EXPECT_FALSE(ask({})->signed_in());
  for (const auto& bad : std::vector<std::vector<std::string>>{{""},
                                                               {"Bearer"},
                                                               {"Bearer "},
                                                               {"Basic " + token},
                                                               {token},
                                                               {"Bearer " + token + " x"},
                                                               {"Bearer " + token, "Bearer " + token}})
    EXPECT_FALSE(ask(bad)) << bad.front();
}

}  // namespace
}  // namespace streamspace
