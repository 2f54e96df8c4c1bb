#include <algorithm>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/http/router.hpp>

namespace streamspace {
namespace {

using outcome = route_match::outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

router routes_of(const std::vector<std::pair<std::string_view, std::string_view>>& list) {
  std::vector<route> routes;
  for (const auto& [method, path] : list) routes.push_back({method, path, routes.size()});
  std::vector<router::refused_route> refused;
  auto built = router::build(routes, refused);
  for (const auto& r : refused) ADD_FAILURE() << r.why;
  return built;
}

std::vector<router::refused_route> refusals_of(const std::vector<std::pair<std::string_view, std::string_view>>& list) {
  std::vector<route> routes;
  for (const auto& [method, path] : list) routes.push_back({method, path, routes.size()});
  std::vector<router::refused_route> refused;
  router::build(routes, refused);
  return refused;
}

TEST(Router, MatchesNothingWhenEmpty) {
  const router empty;
  EXPECT_EQ(empty.match("GET", "/").what, outcome::not_found);
  EXPECT_EQ(empty.match("GET", "/a/b").what, outcome::not_found);
}

TEST(Router, FindsTheRouteOfARequest) {
  const auto r = routes_of({{"GET", "/"},
                            {"GET", "/api/users"},
                            {"POST", "/api/users"},
                            {"GET", "/api/users/:id"},
                            {"GET", "/api/users/me"},
                            {"GET", "/api/users/:id/sessions/:session"},
                            {"GET", "/files/*path"},
                            {"GET", "/files/index"},
                            {"DELETE", "/api/:kind/me"}});
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
    const auto m = r.match(e.method, e.path);
    ASSERT_EQ(m.what, outcome::matched) << e.method << ' ' << e.path;
    EXPECT_EQ(m.index, e.index) << e.method << ' ' << e.path;
    EXPECT_EQ(m.params, e.params) << e.method << ' ' << e.path;
  }
  for (const auto path : {"/api", "/api/user", "/api/users/7/sessions", "/files", "/api/users/7/8/9"})
    EXPECT_EQ(r.match("GET", path).what, outcome::not_found) << path;
}

TEST(Router, TellsAMatchByRestFromAnExactOne) {
  const auto r = routes_of({{"GET", "/*page"}, {"GET", "/api"}});
  EXPECT_TRUE(r.match("GET", "/x").by_rest);
  EXPECT_FALSE(r.match("GET", "/api").by_rest);
  EXPECT_EQ(r.match("GET", "/").what, outcome::not_found) << "a rest takes at least one segment";
}

TEST(Router, AnswersHeadWhereGetIs) {
  const auto r = routes_of({{"GET", "/a"}, {"GET", "/b"}, {"HEAD", "/b"}, {"POST", "/c"}});
  EXPECT_EQ(r.match("HEAD", "/a").index, 0U);
  EXPECT_EQ(r.match("HEAD", "/b").index, 2U);
  EXPECT_EQ(r.match("HEAD", "/c").what, outcome::method_not_allowed);
}

TEST(Router, ListsWhatIsAllowedWhenTheMethodIsNot) {
  const auto r = routes_of({{"GET", "/a"}, {"DELETE", "/a"}, {"PUT", "/:any"}, {"POST", "/*rest"}});
  const auto m = r.match("PATCH", "/a");
  EXPECT_EQ(m.what, outcome::method_not_allowed);
  EXPECT_EQ(to_allow(m.allowed), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(to_allow(r.match("GET", "/a/b").allowed), "POST, OPTIONS");
  EXPECT_EQ(r.match("BREW", "/a").what, outcome::method_not_allowed);
  EXPECT_THAT(r.match("PATCH", "/a").params, IsEmpty());
}

TEST(Router, TriesTheLessSpecificBranchForAnotherMethod) {
  const auto r = routes_of({{"GET", "/a/b"}, {"POST", "/a/:x"}, {"PUT", "/*rest"}});
  EXPECT_EQ(r.match("POST", "/a/b").index, 1U);
  EXPECT_THAT(r.match("POST", "/a/b").params, ElementsAre(Pair("x", "b")));
  EXPECT_EQ(r.match("PUT", "/a/b").index, 2U);
  EXPECT_THAT(r.match("PUT", "/a/b").params, ElementsAre(Pair("rest", "a/b")));
}

TEST(Router, RefusesTheSameMethodAndShapeTwice) {
  const auto refused =
      refusals_of({{"GET", "/users/:id"}, {"GET", "/users/:name"}, {"POST", "/users/:name"}, {"GET", "/users/:id"}});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].index, 1U);
  EXPECT_TRUE(refused[0].taken);
  EXPECT_EQ(refused[0].why, "GET /users/:name is taken by GET /users/:id");
  EXPECT_EQ(refused[1].index, 3U);
}

TEST(Router, KeepsTheGoodRoutesBesideARefusedOne) {
  std::vector<router::refused_route> refused;
  const std::vector<route> list{{"GET", "/a", 10}, {"GET", "/a", 11}, {"GET", "b", 12}, {"GET", "/c", 13}};
  const auto r = router::build(list, refused);
  EXPECT_EQ(refused.size(), 2U);
  EXPECT_EQ(r.match("GET", "/a").index, 10U);
  EXPECT_EQ(r.match("GET", "/c").index, 13U);
}

TEST(Router, RefusesMalformedPatterns) {
  const std::string deep = [] {
    std::string path;
    for (int i = 0; i < 33; ++i) path += "/s";
    return path;
  }();
  for (const auto path :
       std::vector<std::string_view>{"", "a", "/a/", "//", "/a//b", "/:", "/*", "/a/:b:c/*", "/*rest/a", "/a b",
                                     "/a%20b", "/..", "/a/./b", "/a?b", "/:id/:id", "/:id/*id", "/:i d", deep}) {
    const auto refused = refusals_of({{"GET", path}});
    ASSERT_EQ(refused.size(), 1U) << path;
    EXPECT_FALSE(refused[0].taken);
    EXPECT_THAT(refused[0].why, HasSubstr("GET " + std::string{path}));
  }
  EXPECT_EQ(refusals_of({{"FETCH", "/a"}}).size(), 1U);
  EXPECT_EQ(refusals_of({{"get", "/a"}}).size(), 1U);
}

TEST(Router, TakesPathsDeeperThanAnyRoute) {
  const auto r = routes_of({{"GET", "/f/*rest"}, {"GET", "/:a"}});
  std::string path = "/f";
  std::string rest;
  for (int i = 0; i < 5000; ++i) rest += "/x";
  const auto m = r.match("GET", path + rest);
  ASSERT_EQ(m.what, outcome::matched);
  EXPECT_EQ(m.params.front().second, rest.substr(1));
  EXPECT_EQ(r.match("GET", "/g" + rest).what, outcome::not_found);
}

/// The same rules without a trie: every route is tried, and the most specific one that matches wins.
class oracle {
 public:
  explicit oracle(std::vector<std::pair<std::string, std::string>> routes) : routes_{std::move(routes)} {}

  /// The index of the route, or nothing; `params` as the router gives them.
  std::optional<std::size_t> find(std::string_view method, std::string_view path, name_values& params,
                                  bool& other_method) const {
    std::optional<std::size_t> best;
    std::string best_rank;
    other_method = false;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      name_values taken;
      std::string rank;
      if (!matches(routes_[i].second, path, taken, rank)) continue;
      other_method = true;
      const bool own = routes_[i].first == method;
      if (!own && !(method == "HEAD" && routes_[i].first == "GET")) continue;
      rank += own ? '0' : '1';
      if (best && rank >= best_rank) continue;
      best = i;
      best_rank = rank;
      params = taken;
    }
    return best;
  }

 private:
  static std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t at = 1; at < path.size();) {
      const auto slash = std::min(path.find('/', at), path.size());
      parts.emplace_back(path.substr(at, slash - at));
      at = slash + 1;
    }
    return parts;
  }

  static bool matches(std::string_view pattern, std::string_view path, name_values& taken, std::string& rank) {
    const auto wanted = split(pattern);
    const auto given = split(path);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (i >= given.size()) return false;
      if (wanted[i].front() == '*') {
        std::string rest = given[i];
        for (std::size_t k = i + 1; k < given.size(); ++k) rest += "/" + given[k];
        taken.emplace_back(wanted[i].substr(1), rest);
        rank += '2';
        return true;
      }
      if (wanted[i].front() == ':') {
        taken.emplace_back(wanted[i].substr(1), given[i]);
        rank += '1';
      } else if (wanted[i] != given[i]) {
        return false;
      } else {
        rank += '0';
      }
    }
    return wanted.size() == given.size();
  }

  std::vector<std::pair<std::string, std::string>> routes_;
};

TEST(Router, AgreesWithALinearSearchOverRandomRoutes) {
  std::mt19937 random{20240717};
  const auto pick = [&](auto n) { return std::uniform_int_distribution<int>{0, static_cast<int>(n) - 1}(random); };
  const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "DELETE"};
  const std::vector<std::string> words{"a", "b", "c", "aa", "ab"};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::string, std::string>> list;
    std::set<std::string> shapes;
    for (int i = pick(60) + 1; i > 0; --i) {
      std::string path, shape;
      const int depth = pick(5);
      for (int d = 0; d < depth; ++d) {
        const int kind = pick(d + 1 == depth ? 6 : 5);
        const auto segment = kind == 5   ? "*r" + std::to_string(d)
                             : kind == 4 ? ":p" + std::to_string(d)
                                         : words[static_cast<std::size_t>(pick(words.size()))];
        path += "/" + segment;
        shape += kind == 5 ? "/*" : kind == 4 ? "/:" : "/" + segment;
      }
      if (path.empty()) path = "/";
      const auto& method = methods[static_cast<std::size_t>(pick(methods.size()))];
      if (shapes.insert(method + shape).second) list.emplace_back(method, path);
    }
    const oracle expected{list};
    const auto r = routes_of({list.begin(), list.end()});
    for (int i = 0; i < 300; ++i) {
      std::string path;
      for (int d = pick(6); d > 0; --d) path += "/" + words[static_cast<std::size_t>(pick(words.size()))];
      if (path.empty()) path = "/";
      const auto& method = methods[static_cast<std::size_t>(pick(methods.size()))];
      name_values params;
      bool other_method = false;
      const auto found = expected.find(method, path, params, other_method);
      const auto m = r.match(method, path);
      if (found) {
        ASSERT_EQ(m.what, outcome::matched) << method << ' ' << path;
        ASSERT_EQ(m.index, *found) << method << ' ' << path << " gave " << list[m.index].second << ", not "
                                   << list[*found].second;
        ASSERT_EQ(m.params, params) << method << ' ' << path;
      } else {
        ASSERT_EQ(m.what, other_method ? outcome::method_not_allowed : outcome::not_found) << method << ' ' << path;
      }
    }
  }
}

}  // namespace
}  // namespace streamspace
