#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/routing_table.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  routing_table<int> alone;
  alone.add(pattern, 1);
  EXPECT_EQ(reached(alone, type).size(), reaches ? 1U : 0U);

  // The same among wildcards that go other ways, as the table then looks elsewhere.
  routing_table<int> crowded;
  crowded.add("*.*.*.*.*.other", 0);
  crowded.add(pattern, 1);
  crowded.add("other.>", 0);
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
  routing_table<int> table;
  table.add("session.created", 1);
  table.add("session.created_v2", 2);
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1));
  EXPECT_THAT(reached(table, "session.created_v2"), ElementsAre(2));
}

TEST(RoutingTableSpec, PrefixMatch_TheEmptyTypeReachesNobody) {
  routing_table<int> table;
  for (const auto* pattern : {"session.created", "*", ">", "*.*", "session.>"}) table.add(pattern, 1);
  EXPECT_THAT(reached(table, ""), IsEmpty());
}

TEST(RoutingTableOrder, VisitsRoutesInTheOrderInWhichTheyWereAdded) {
  routing_table<int> table;
  table.add("session.>", 1);
  table.add("session.created", 2);
  table.add(">", 3);
  table.add("session.created", 4);
  table.add("*.created", 5);
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1, 2, 3, 4, 5));
}

TEST(RoutingTableOrder, VisitsARouteAsOftenAsItWasAdded) {
  routing_table<int> table;
  table.add("session.*", 1);
  table.add("session.*", 1);
  EXPECT_THAT(reached(table, "session.created"), ElementsAre(1, 1));
}

TEST(RoutingTableOrder, ReachesNobodyWhenEmpty) {
  EXPECT_THAT(reached(routing_table<int>{}, "session.created"), IsEmpty());
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
  for (int round = 0; round < 200; ++round) {
    routing_table<int> table;
    std::vector<std::string> patterns;
    while (patterns.size() < 40) {
      auto pattern = random_text(random, {"a", "b", "ab", "*", ">"}, 4);
      if (!is_event_pattern(pattern)) continue;
      table.add(pattern, static_cast<int>(patterns.size()));
      patterns.push_back(std::move(pattern));
    }
    for (int i = 0; i < 40; ++i) {
      const auto type = random_text(random, {"a", "b", "ab"}, 5);
      std::vector<int> wanted;
      for (std::size_t p = 0; p < patterns.size(); ++p)
        if (matches(patterns[p], type)) wanted.push_back(static_cast<int>(p));
      ASSERT_EQ(reached(table, type), wanted) << type;
    }
  }
}

}  // namespace
}  // namespace streamspace
