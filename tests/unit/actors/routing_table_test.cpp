#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/routing_table.hpp>
#include <streamspace/messages/names.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct subscription {
  std::string pattern;
  int route;
  int priority = 0;
};

routing_table<int> table_of(const std::vector<subscription>& all) {
  routing_table<int> table;
  for (const auto& s : all) table.add(s.pattern, s.priority, s.route);
  table.seal();
  return table;
}

std::vector<int> reached(const routing_table<int>& table, std::string_view type) {
  std::vector<int> found;
  const auto count = table.for_each_match(type, [&](int route) { found.push_back(route); });
  EXPECT_EQ(count, found.size());
  return found;
}

struct pattern_case {
  const char* pattern;
  const char* type;
  bool reaches;
};

class RoutingTable : public ::testing::TestWithParam<pattern_case> {};

TEST_P(RoutingTable, ReachesExactlyWhatThePatternSays) {
  const auto& [pattern, type, reaches] = GetParam();
  EXPECT_EQ(reached(table_of({{pattern, 1}}), type).size(), reaches ? 1U : 0U);

  // The same among wildcards that go other ways, as the table then looks elsewhere.
  const auto crowded = table_of({{"*.*.*.*.*.other", 0}, {pattern, 1}, {"other.>", 0}});
  EXPECT_EQ(reached(crowded, type).size(), reaches ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, RoutingTable,
    ::testing::Values(
        pattern_case{"session.created", "session.created", true},
        pattern_case{"session.created", "session.created_v2", false},
        pattern_case{"session.created", "session.create", false}, pattern_case{"session.created", "session", false},
        pattern_case{"session.created", "session.created.twice", false},
        pattern_case{"session.created", "Session.created", false}, pattern_case{"session", "session", true},
        pattern_case{"session.*", "session.created", true}, pattern_case{"session.*", "session", false},
        pattern_case{"session.*", "session.created.twice", false}, pattern_case{"session.*", "sessions.created", false},
        pattern_case{"session.>", "session.created", true}, pattern_case{"session.>", "session.created.twice", true},
        pattern_case{"session.>", "session", false}, pattern_case{"*.created", "user.created", true},
        pattern_case{"*.created", "created", false}, pattern_case{"*.created", "plugin.user.created", false},
        pattern_case{"*", "anything", true}, pattern_case{"*", "two.segments", false},
        pattern_case{">", "anything", true}, pattern_case{">", "any.thing.at.all", true},
        pattern_case{"*.>", "anything", false}, pattern_case{"*.>", "any.thing.at.all", true},
        pattern_case{"plugin.*.done", "plugin.billing.done", true},
        pattern_case{"plugin.*.done", "plugin.billing.invoice.done", false}));

TEST(RoutingTableSpec, PrefixMatch_SessionCreatedDoesNotReachSessionCreatedV2) {
  const auto table = table_of({{"session.created", 1}, {"session.created_v2", 2}});
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1));
  EXPECT_THAT(reached(table, "session.created_v2"), ElementsAre(2));
}

TEST(RoutingTableSpec, PrefixMatch_TheEmptyTypeReachesNobody) {
  const auto table = table_of({{"session.created", 1}, {"*", 1}, {">", 1}, {"*.*", 1}, {"session.>", 1}});
  EXPECT_THAT(reached(table, ""), IsEmpty());
}

TEST(RoutingTableOrder, VisitsRoutesInTheOrderInWhichTheyWereAdded) {
  const auto table =
      table_of({{"session.>", 1}, {"session.created", 2}, {">", 3}, {"session.created", 4}, {"*.created", 5}});
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1, 2, 3, 4, 5));
}

TEST(RoutingTableOrder, VisitsHigherPrioritiesFirstWhateverThePattern) {
  const auto table = table_of({{"session.>", 1, -1},
                               {"session.created", 2},
                               {">", 3, 7},
                               {"session.created", 4, 7},
                               {"*.created", 5},
                               {"session.created", 6, 9}});
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(6, 3, 4, 2, 5, 1));
  EXPECT_THAT(reached(table_of({{"a", 1}, {"a", 2, 1}, {"a", 3}}), "a"), ElementsAre(2, 1, 3)) << "no wildcards at all";
}

TEST(RoutingTableOrder, VisitsARouteAsOftenAsItWasAdded) {
  EXPECT_THAT(reached(table_of({{"session.*", 1}, {"session.*", 1}}), "session.created"), ElementsAre(1, 1));
}

TEST(RoutingTableOrder, ReachesNobodyWhenEmpty) {
  EXPECT_THAT(reached(routing_table<int>{}, "session.created"), IsEmpty());
  EXPECT_THAT(reached(table_of({}), "session.created"), IsEmpty());
}

TEST(RoutingTableOrder, ReachesNobodyUntilItIsSealed) {
  routing_table<int> table;
  table.add("session.created", 0, 1);
  table.add(">", 0, 2);
  EXPECT_THAT(reached(table, "session.created"), IsEmpty());
  table.seal();
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1, 2));
}

TEST(RoutingTableOrder, MergesMorePatternsThanFitInline) {
  constexpr std::size_t depth = 6;
  std::vector<subscription> all;
  std::vector<int> wanted;
  for (int stars = 0; stars < (1 << depth); ++stars) {
    std::string pattern;
    for (std::size_t i = 0; i < depth; ++i) pattern += (i ? "." : "") + std::string{(stars >> i) & 1 ? "*" : "a"};
    all.push_back({pattern, stars});
    wanted.push_back(stars);
  }
  static_assert((1 << depth) > routing_table<int>::inline_runs);
  EXPECT_EQ(reached(table_of(all), "a.a.a.a.a.a"), wanted);
}

/// A route that wants to be told before it is visited.
struct awaited_route {
  int* told;
  void expect() const { ++*told; }
};

TEST(RoutingTableOrder, TellsEachRouteOnceBeforeItIsVisited) {
  std::vector<int> told(30);
  routing_table<awaited_route> table;
  for (auto& count : told) table.add("a.b", 0, awaited_route{&count});
  table.seal();
  int visited = 0;
  table.for_each_match("a.b", [&](const awaited_route& route) {
    EXPECT_EQ(*route.told, 1);
    ++visited;
  });
  EXPECT_EQ(visited, 30);
  EXPECT_EQ(told, std::vector<int>(30, 1));
}

TEST(RoutingTableOrder, KnowsAllRoutes) {
  const auto table = table_of({{"a", 1}, {"*", 2, 5}, {"a", 3}, {"b.>", 4}});
  std::vector<int> all;
  table.for_each([&](int route) { all.push_back(route); });
  EXPECT_THAT(all, UnorderedElementsAre(1, 2, 3, 4));
}

TEST(RoutingTableOrder, TellsManyTypesApart) {
  std::vector<subscription> all;
  for (int i = 0; i < 5000; ++i) {
    all.push_back({"type." + std::to_string(i), i});
    all.push_back({std::to_string(i) + ".*", -i});
  }
  const auto table = table_of(all);
  for (const int i : {0, 1, 15, 16, 17, 2500, 4999}) {
    EXPECT_THAT(reached(table, "type." + std::to_string(i)), ElementsAre(i));
    EXPECT_THAT(reached(table, std::to_string(i) + ".type"), ElementsAre(-i));
  }
  EXPECT_THAT(reached(table, "type.5000"), IsEmpty());
}

/// Short texts over a small alphabet, so that patterns and types often meet.
std::string random_text(std::mt19937& random, std::initializer_list<const char*> segments, std::size_t longest) {
  const std::vector<std::string> choices{segments.begin(), segments.end()};
  std::string text;
  const auto length = 1 + random() % longest;
  for (std::size_t i = 0; i < length; ++i) text += (i ? "." : "") + choices[random() % choices.size()];
  return text;
}

TEST(RoutingTableOrder, AgreesWithTheDefinitionOfMatching) {
  std::mt19937 random{20260329};
  for (int round = 0; round < 300; ++round) {
    const bool with_wildcards = round % 3 != 0;
    std::vector<subscription> all;
    while (all.size() < 60) {
      auto pattern = with_wildcards ? random_text(random, {"a", "b", "ab", "*", ">"}, 5)
                                    : random_text(random, {"a", "b", "ab"}, 5);
      if (!is_event_pattern(pattern)) continue;
      all.push_back({std::move(pattern), static_cast<int>(all.size()), static_cast<int>(random() % 3)});
    }
    const auto table = table_of(all);
    auto by_priority = all;
    std::stable_sort(by_priority.begin(), by_priority.end(),
                     [](const auto& a, const auto& b) { return a.priority > b.priority; });
    for (int i = 0; i < 40; ++i) {
      const auto type = random_text(random, {"a", "b", "ab"}, 6);
      std::vector<int> wanted;
      for (const auto& s : by_priority)
        if (matches(s.pattern, type)) wanted.push_back(s.route);
      ASSERT_EQ(reached(table, type), wanted) << type;
    }
  }
}

}  // namespace
}  // namespace streamspace
