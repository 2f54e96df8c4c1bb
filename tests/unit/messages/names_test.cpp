#include <set>
#include <thread>

#include <gmock/gmock.h>

#include <streamspace/messages/names.hpp>

namespace streamspace {
namespace {

TEST(PluginName, MayHaveLowerCaseLettersDigitsAndHyphensInside) {
  for (const auto& name : {std::string{"a"}, std::string{"7"}, std::string{"slack"}, std::string{"streamspace-slack"},
                           std::string{"a-1"}, std::string{"a--b"}, std::string{"uis"}, std::string(64, 'a')}) {
    EXPECT_TRUE(is_plugin_name(name)) << name;
    EXPECT_EQ(why_not_a_plugin_name(name), "") << name;
  }
  for (const auto& name : {std::string{}, std::string{"-a"}, std::string{"a-"}, std::string{"-"}, std::string{"Slack"},
                           std::string{"a_b"}, std::string{"a.b"}, std::string{"a b"}, std::string{"a/b"},
                           std::string{"\xC3\xA9"}, std::string{"a\0", 2}, std::string(65, 'a')}) {
    EXPECT_FALSE(is_plugin_name(name)) << name;
    EXPECT_NE(why_not_a_plugin_name(name), "") << name;
  }
}

TEST(PluginName, MayNotBeAWordOfTheRestTable) {
  for (const auto* name : {"catalog", "marketplace", "installed", "install", "loaded", "available", "discover", "ui"}) {
    EXPECT_FALSE(is_plugin_name(name)) << name;
    EXPECT_THAT(why_not_a_plugin_name(name), ::testing::HasSubstr("reserved")) << name;
  }
}

TEST(EventType, HasSegmentsJoinedByDots) {
  for (const auto& type : {std::string{"a"}, std::string{"session.created"}, std::string{"session.created_v2"},
                           std::string{"user.data_export"}, std::string{"plugin.my-greeter.Greeted"},
                           std::string{"1.2.3"}, std::string(200, 'a')}) {
    EXPECT_TRUE(is_event_type(type)) << type;
    EXPECT_TRUE(is_event_pattern(type)) << type;
    EXPECT_FALSE(is_wildcard(type)) << type;
  }
  for (const auto& type :
       {std::string{}, std::string{"."}, std::string{".a"}, std::string{"a."}, std::string{"a..b"}, std::string{"a b"},
        std::string{"a/b"}, std::string{"a\n"}, std::string{"*"}, std::string{"session.*"}, std::string{"session.>"},
        std::string{"\xC3\xA9"}, std::string(201, 'a')})
    EXPECT_FALSE(is_event_type(type)) << type;
}

TEST(EventPattern, MayHaveAStarForASegmentAndAGreaterSignAtTheEnd) {
  for (const auto* pattern : {"*", ">", "session.*", "session.>", "*.created", "*.*", "*.>", "session.*.full"}) {
    EXPECT_TRUE(is_event_pattern(pattern)) << pattern;
    EXPECT_TRUE(is_wildcard(pattern)) << pattern;
  }
  for (const auto* pattern : {"", ">.a", "session.>.x", "ses*", "session.cre*", "*session", "session.**", ">>",
                              "session.", ".*", "a..*", "session.*."})
    EXPECT_FALSE(is_event_pattern(pattern)) << pattern;
}

struct matching {
  const char* pattern;
  const char* type;
  bool expected;
};

class Matches : public ::testing::TestWithParam<matching> {};

TEST_P(Matches, AsThePatternSays) {
  const auto& [pattern, type, expected] = GetParam();
  EXPECT_EQ(matches(pattern, type), expected) << pattern << " against " << type;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Matches,
    ::testing::Values(matching{"session.created", "session.created", true},
                      // The original matched by prefix: these reached subscribers who had not asked for them.
                      matching{"session.created", "session.created_v2", false},
                      matching{"session.created", "session.created.late", false},
                      matching{"session", "session.created", false}, matching{"", "session.created", false},
                      matching{"", "", true}, matching{"session.created", "session.create", false},
                      matching{"session.created", "session", false},
                      matching{"session.created", "Session.created", false},
                      matching{"session.*", "session.created", true}, matching{"session.*", "session", false},
                      matching{"session.*", "session.disk.full", false},
                      matching{"session.*", "sessions.created", false}, matching{"*.created", "user.created", true},
                      matching{"*.created", "created", false}, matching{"*", "session", true},
                      matching{"*", "session.created", false}, matching{"session.*.full", "session.disk.full", true},
                      matching{"session.*.full", "session.full", false}, matching{"session.>", "session.created", true},
                      matching{"session.>", "session.disk.full", true}, matching{"session.>", "session", false},
                      matching{"session.>", "sessions.created", false}, matching{">", "session", true},
                      matching{">", "session.disk.full", true}, matching{"*.>", "session.created", true},
                      matching{"*.>", "session", false}));

TEST(NewId, IsAUuidOfVersion4) {
  const auto id = new_id();
  EXPECT_THAT(id, ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(NewId, DiffersInEveryThread) {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made)
    threads.emplace_back([&ids] {
      for (int i = 0; i < 1'000; ++i) ids.push_back(new_id());
    });
  for (auto& t : threads) t.join();
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 4'000U);
}

}  // namespace
}  // namespace streamspace
