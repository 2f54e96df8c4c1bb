#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/manifest.hpp>

namespace streamspace {
namespace {

using testing::failure_of;
using ::testing::HasSubstr;

std::string refusal_of(const json& in) {
  const auto failure = failure_of([&] { in.get<plugin_manifest>(); });
  if (!failure) return {};
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  return failure->message();
}

json a_manifest(const json& changes = json::object()) {
  json m{{"name", "slack"}, {"version", "1.0.0"}};
  m.update(changes);
  return m;
}

const json full = json::parse(R"json({
  "name": "streamspace-slack", "version": "1.2.3", "displayName": "Slack", "description": "Sends messages",
  "author": "Somebody", "homepage": "https://example.com", "repository": "https://example.com/git", "license": "MIT",
  "type": "webhook", "category": "Integrations", "tags": ["a", "b"], "icon": "icon.png",
  "requirements": {"streamspaceVersion": ">=1.0.0", "minimumVersion": "1.0.0", "maximumVersion": "2.0.0",
    "plugins": ["other"], "kubernetes": ">=1.25"},
  "entrypoints": {"main": "slack.so", "ui": "ui.js"},
  "configSchema": {"type": "object", "properties": {"channel": {"type": "string"}}},
  "defaultConfig": {"channel": "#general"},
  "permissions": ["network"], "dependencies": {"other": "^1.0.0"},
  "lifecycle": {"onLoad": true}, "events": ["session.terminated"], "scheduler": {"jobs": [{"name": "x"}]}
})json");

TEST(Manifest, ReadsEveryMember) {
  const auto m = full.get<plugin_manifest>();
  EXPECT_EQ(m.name, "streamspace-slack");
  EXPECT_EQ(m.version, "1.2.3");
  EXPECT_EQ(m.display_name, "Slack");
  EXPECT_EQ(m.homepage, "https://example.com");
  EXPECT_EQ(m.type, "webhook");
  EXPECT_EQ(m.category, "Integrations");
  EXPECT_THAT(m.tags, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(m.requirements.streamspace_version, ">=1.0.0");
  EXPECT_EQ(m.requirements.minimum_version, "1.0.0");
  EXPECT_EQ(m.requirements.maximum_version, "2.0.0");
  EXPECT_THAT(m.requirements.plugins, ::testing::ElementsAre("other"));
  EXPECT_EQ(m.entrypoints["main"], "slack.so");
  EXPECT_EQ(m.default_config["channel"], "#general");
  EXPECT_THAT(m.permissions, ::testing::ElementsAre("network"));
  EXPECT_EQ(m.dependencies.at("other"), "^1.0.0");
}

TEST(Manifest, KeepsMembersThatItDoesNotKnow) {
  const auto m = full.get<plugin_manifest>();
  EXPECT_EQ(m.extra,
            (json{{"lifecycle", full["lifecycle"]}, {"events", full["events"]}, {"scheduler", full["scheduler"]}}));
  EXPECT_EQ(m.requirements.extra, (json{{"kubernetes", ">=1.25"}}));
  EXPECT_EQ(json(m), full);
}

TEST(Manifest, NeedsANameAndAVersionOnly) {
  const auto m = a_manifest().get<plugin_manifest>();
  EXPECT_EQ(m.type, "extension");
  EXPECT_EQ(m.config_schema, json::object());
  EXPECT_EQ(json(m).get<plugin_manifest>(), m);
  EXPECT_THAT(refusal_of({{"version", "1.0.0"}}), HasSubstr("'name'"));
  EXPECT_THAT(refusal_of({{"name", "slack"}}), HasSubstr("'version'"));
  EXPECT_THAT(refusal_of({{"name", nullptr}, {"version", "1"}}), HasSubstr("'name'"));
}

TEST(Manifest, TakesNullAsAbsent) {
  const auto m = a_manifest({{"homepage", nullptr},
                             {"tags", nullptr},
                             {"requirements", nullptr},
                             {"dependencies", nullptr},
                             {"configSchema", nullptr}})
                     .get<plugin_manifest>();
  EXPECT_EQ(m, a_manifest().get<plugin_manifest>());
}

TEST(Manifest, NamesTheMemberThatIsWrong) {
  const std::vector<std::pair<json, std::string>> bad{{{{"name", "Bad Name"}}, "Bad Name"},
                                                      {{{"name", "ui"}}, "reserved"},
                                                      {{{"version", 1}}, "'version'"},
                                                      {{{"type", "game"}}, "'type'"},
                                                      {{{"tags", "a"}}, "'tags'"},
                                                      {{{"tags", {1}}}, "'tags'"},
                                                      {{{"permissions", {{"a", 1}}}}, "'permissions'"},
                                                      {{{"configSchema", "x"}}, "'configSchema'"},
                                                      {{{"defaultConfig", json::array()}}, "'defaultConfig'"},
                                                      {{{"entrypoints", 1}}, "'entrypoints'"},
                                                      {{{"requirements", "x"}}, "requirements"},
                                                      {{{"requirements", {{"plugins", 1}}}}, "'plugins'"},
                                                      {{{"dependencies", json::array()}}, "'dependencies'"},
                                                      {{{"dependencies", {{"other", 1}}}}, "dependencies/other"}};
  for (const auto& [changes, member] : bad) EXPECT_THAT(refusal_of(a_manifest(changes)), HasSubstr(member)) << changes;
  EXPECT_NE(refusal_of(json::array()), "");
}

TEST(Manifest, TakesEveryTypeThereIs) {
  for (const auto* type : {"extension", "webhook", "integration", "api", "theme", "cli", "system"})
    EXPECT_EQ(a_manifest({{"type", type}}).get<plugin_manifest>().type, type);
}

/// Manifests of real plugins, where they lie beside this source tree.
TEST(Manifest, ReadsRealOnesAndWritesThemBack) {
  const auto folder = std::filesystem::path{STREAMSPACE_SOURCE_DIR} / "../shared/data/streamspace";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there are no real manifests here";
  int read = 0;
  const auto check = [&](const json& original) {
    const auto written = json(original.get<plugin_manifest>());
    for (const auto& [name, value] : original.items()) {
      const bool says_nothing = value.is_null() || (value.is_structured() && value.empty());
      if (!says_nothing) {
        EXPECT_EQ(written[name], value) << name;
      }
    }
    ++read;
  };
  for (const auto& file : std::filesystem::directory_iterator{folder / "manifests"}) {
    SCOPED_TRACE(file.path().filename());
    std::ifstream in{file.path()};
    check(json::parse(in));
  }
  std::ifstream in{folder / "catalog.json"};
  for (const auto& entry : json::parse(in)) {
    SCOPED_TRACE(entry["name"]);
    if (entry.contains("manifest")) check(entry["manifest"]);
  }
  EXPECT_GT(read, 5);
}

}  // namespace
}  // namespace streamspace
