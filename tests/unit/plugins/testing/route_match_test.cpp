#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/http/router.hpp>
#include <streamspace/plugins/testing/route_match.hpp>

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using route_list = std::vector<std::pair<std::string, std::string>>;

std::vector<plugin_route_ptr> routes_of(const route_list& list) {
  std::vector<plugin_route_ptr> routes;
  for (const auto& [method, path] : list)
    routes.push_back(std::make_shared<plugin_route>(plugin_route{.method = method, .path = path}));
  return routes;
}

TEST(RouteMatch, FindsTheRouteOfARequest) {
  const route_list list{{"GET", "/"},
                        {"GET", "/api/users"},
                        {"POST", "/api/users"},
                        {"GET", "/api/users/:id"},
                        {"GET", "/api/users/me"},
                        {"GET", "/api/users/:id/sessions/:session"},
                        {"GET", "/files/*path"},
                        {"GET", "/files/index"},
                        {"DELETE", "/api/:kind/me"}};
  const auto routes = routes_of(list);
  struct expectation {
    std::string_view method, path;
    std::size_t index;
    name_values params;
  };
  for (const auto& e : std::vector<expectation>{
           {"GET", "/", 0, {}},
           {"GET", "/api/users", 1, {}},
           {"POST", "/api/users", 2, {}},
           {"GET", "/api/users/7", 3, {{"id", "7"}}},
           {"GET", "/api/users/me", 4, {}},
           {"GET", "/api/users/7/sessions/s1", 5, {{"id", "7"}, {"session", "s1"}}},
           {"GET", "/api/users/me/sessions/s1", 5, {{"id", "me"}, {"session", "s1"}}},
           {"GET", "/files/a", 6, {{"path", "a"}}},
           {"GET", "/files/a/b/c", 6, {{"path", "a/b/c"}}},
           {"GET", "/files/index", 7, {}},
           {"GET", "/files/index/x", 6, {{"path", "index/x"}}},
           {"DELETE", "/api/users/me", 8, {{"kind", "users"}}},
       }) {
    const auto found = match_route(routes, e.method, e.path);
    EXPECT_EQ(found.route, routes[e.index]) << e.method << ' ' << e.path;
    EXPECT_EQ(found.params, e.params) << e.method << ' ' << e.path;
    EXPECT_THAT(found.allow, IsEmpty());
  }
  for (const auto* path : {"/api", "/api/user", "/api/users/7/sessions", "/files", "/api/users/7/8/9"}) {
    const auto found = match_route(routes, "GET", path);
    EXPECT_FALSE(found.route) << path;
    EXPECT_THAT(found.allow, IsEmpty()) << path;
  }
}

TEST(RouteMatch, AnswersHeadWhereGetIs) {
  const auto routes = routes_of({{"GET", "/a"}, {"GET", "/b"}, {"HEAD", "/b"}, {"POST", "/c"}});
  EXPECT_EQ(match_route(routes, "HEAD", "/a").route, routes[0]);
  EXPECT_EQ(match_route(routes, "HEAD", "/b").route, routes[2]);
  EXPECT_EQ(match_route(routes, "HEAD", "/c").allow, "POST, OPTIONS");
}

TEST(RouteMatch, ListsWhatIsAllowedWhenTheMethodIsNot) {
  const auto routes = routes_of({{"GET", "/a"}, {"DELETE", "/a"}, {"PUT", "/:any"}, {"POST", "/*rest"}});
  EXPECT_EQ(match_route(routes, "PATCH", "/a").allow, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(match_route(routes, "GET", "/a/b").allow, "POST, OPTIONS");
  EXPECT_THAT(match_route(routes, "PATCH", "/a").params, IsEmpty());
}

TEST(RouteMatch, TriesTheLessSpecificBranchForAnotherMethod) {
  const auto routes = routes_of({{"GET", "/a/b"}, {"POST", "/a/:x"}, {"PUT", "/*rest"}});
  EXPECT_EQ(match_route(routes, "POST", "/a/b").route, routes[1]);
  EXPECT_THAT(match_route(routes, "POST", "/a/b").params, ElementsAre(Pair("x", "b")));
  EXPECT_THAT(match_route(routes, "PUT", "/a/b").params, ElementsAre(Pair("rest", "a/b")));
}

/// Routes and requests as they come; the server's router says what is right.
TEST(RouteMatch, AgreesWithTheServersRouterOverRandomRoutes) {
  std::mt19937 random{20260101};
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
  const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  const std::vector<std::string> words{"a", "b", "c", "aa"};
  for (int round = 0; round < 200; ++round) {
    route_list list;
    std::set<std::string> shapes;
    for (auto left = pick(40) + 1; left > 0; --left) {
      std::string path, shape;
      const auto depth = pick(5);
      for (std::size_t d = 0; d < depth; ++d) {
        const auto kind = pick(d + 1 == depth ? 6 : 5);
        const auto segment = kind == 5   ? "*r" + std::to_string(d)
                             : kind == 4 ? ":p" + std::to_string(d)
                                         : words[pick(words.size())];
        path += "/" + segment;
        shape += kind == 5 ? "/*" : kind == 4 ? "/:" : "/" + segment;
      }
      if (path.empty()) path = "/";
      const auto& method = methods[pick(methods.size())];
      if (shapes.insert(method + shape).second) list.emplace_back(method, path);
    }
    std::vector<route> patterns;
    for (const auto& [method, path] : list) patterns.push_back({method, path, patterns.size()});
    std::vector<router::refused_route> refused;
    const auto expected = router::build(patterns, refused);
    ASSERT_THAT(refused, IsEmpty());
    const auto routes = routes_of(list);
    for (int i = 0; i < 200; ++i) {
      std::string path;
      for (auto d = pick(6); d > 0; --d) path += "/" + words[pick(words.size())];
      if (path.empty()) path = "/";
      const auto& method = methods[pick(methods.size())];
      const auto right = expected.match(method, path);
      const auto found = match_route(routes, method, path);
      if (right.what == streamspace::route_match::outcome::matched) {
        ASSERT_EQ(found.route, routes[right.index]) << method << ' ' << path << " is for " << list[right.index].second;
        ASSERT_EQ(found.params, right.params) << method << ' ' << path;
      } else {
        ASSERT_FALSE(found.route) << method << ' ' << path << " is not for " << found.route->path;
        ASSERT_EQ(found.allow, to_allow(right.allowed)) << method << ' ' << path;
      }
    }
  }
}

}  // namespace
}  // namespace streamspace::testing
