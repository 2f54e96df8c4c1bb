#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/target.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string path_of(std::string_view raw) {
  const auto target = parse_target(raw);
  return target ? target->path : "refused: " + target.error().message();
}

bool is_refused(std::string_view raw) {
  const auto target = parse_target(raw);
  return !target && target.error().code() == ec::invalid_argument && !target.error().message().empty();
}

TEST(Target, DecodesEachSegment) {
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("/api/users"), "/api/users");
  EXPECT_EQ(path_of("/a%20b/c%2Bd/e+f"), "/a b/c+d/e+f");
  EXPECT_EQ(path_of("/%e2%82%ac"), "/\xe2\x82\xac");
  EXPECT_EQ(path_of("/.well-known/a..b/..."), "/.well-known/a..b/...");
}

TEST(Target, DropsOneTrailingSlash) {
  EXPECT_EQ(path_of("/users/"), "/users");
  EXPECT_TRUE(is_refused("/users//"));
  EXPECT_TRUE(is_refused("//"));
}

TEST(Target, RefusesWhatTwoPartiesCouldReadDifferently) {
  for (const auto* raw :
       {"",        "users",      "//users",       "/a//b",     "/a/./b", "/a/../b",  "/..",      "/%2e%2e/b",
        "/.%2E",   "/a%2fb",     "/a%2Fb",        "/a%5cb",    "/a\\b",  "/a%00b",   "/a%0ab",   "/a%7f",
        "/a%",     "/a%2",       "/a%zz",         "/a%2g",     "/a#b",   "/a b",     "/a\tb",    "/%ff",
        "/%c0%af", "/%ed%a0%80", "/%f4%90%80%80", "/\xc3\xa9", "/a?%",   "/a?b=%g0", "/a?b=%00", "/a?%ff=1"})
    EXPECT_TRUE(is_refused(raw)) << raw;
}

TEST(Target, DecodesTheQueryInOrder) {
  const auto target = parse_target("/a?x=1&y=a+b%26c&&x=2&flag&=v&z=a=b/?");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a");
  EXPECT_THAT(target->queries, ElementsAre(Pair("x", "1"), Pair("y", "a b&c"), Pair("x", "2"), Pair("flag", ""),
                                           Pair("", "v"), Pair("z", "a=b/?")));
}

TEST(Target, BoundsTheNumberOfQueryParameters) {
  std::string raw = "/a?";
  for (int i = 0; i < 256; ++i) raw += "k=v&";
  EXPECT_FALSE(is_refused(raw));
  EXPECT_TRUE(is_refused(raw + "k=v"));
}

TEST(Target, TakesTheAbsoluteForm) {
  const auto target = parse_target("HTTP://example.org:8080/a/b?c=d");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->authority, "example.org:8080");
  EXPECT_EQ(target->path, "/a/b");
  EXPECT_THAT(target->queries, ElementsAre(Pair("c", "d")));
  EXPECT_EQ(path_of("http://example.org"), "/");
  const auto bare = parse_target("http://example.org?c=d");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->path, "/");
  EXPECT_THAT(bare->queries, ElementsAre(Pair("c", "d")));
  EXPECT_TRUE(is_refused("http:///a"));
  EXPECT_TRUE(is_refused("http://user@host/a"));
  EXPECT_TRUE(is_refused("ftp://host/a"));
}

TEST(Target, TakesTheAsteriskForm) {
  EXPECT_EQ(path_of("*"), "*");
  EXPECT_TRUE(is_refused("*/a"));
}

}  // namespace
}  // namespace streamspace
