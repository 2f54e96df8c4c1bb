#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <streamspace/plugins/manifest/config_schema.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>
#include <streamspace/plugins/manifest/schema_validation.hpp>

namespace streamspace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> lines(const std::vector<json_fault>& faults) {
  std::vector<std::string> all;
  for (const auto& [pointer, sentence] : faults) all.push_back(pointer + " " + sentence);
  return all;
}

json a_manifest(const json& changes = json::object()) {
  json m{{"name", "shop"}, {"version", "1.0.0"}};
  m.update(changes);
  return m;
}

std::vector<std::string> faults_of(const json& changes) {
  return lines(manifest_faults(a_manifest(changes)));
}

json read(const std::filesystem::path& file) {
  std::ifstream in{file};
  return json::parse(in);
}

const json full = json::parse(R"json({
  "name": "streamspace-slack", "version": "1.2.3-rc.1+b", "displayName": "Slack", "description": "Sends messages",
  "author": "Somebody", "homepage": "https://example.com/a?b#c", "repository": "ssh://git@example.com/x.git",
  "license": "MIT", "type": "webhook", "category": "Integrations", "tags": ["a", "b c"], "icon": "assets/icon.png",
  "requirements": {"streamspaceVersion": ">=1.0.0 <3", "minimumVersion": "1.2", "maximumVersion": "2.0.0",
    "plugins": ["other", "mail@^1.2 || 3"], "kubernetes": ">=1.25"},
  "entrypoints": {"main": "slack.so", "ui": "ui/index.js", "own": 1},
  "configSchema": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string", "format": "password"},
    "channel": {"type": "string", "default": "#x", "reloadOnChange": true}, "n": {"type": "integer", "maximum": 5}}},
  "defaultConfig": {"channel": "#general", "n": 5},
  "permissions": ["network", "emit:billing.*"], "dependencies": {"base": "^1.0.0"}, "optionalDependencies": {"x": "*"},
  "lifecycle": {"onLoad": true}, "events": ["session.terminated"], "scheduler": {"jobs": [{"name": "x"}]}
})json");

TEST(ManifestCheck, TakesEveryMember) {
  EXPECT_THAT(lines(manifest_faults(full)), IsEmpty());
  EXPECT_THAT(faults_of(json::object()), IsEmpty());
  EXPECT_EQ(checked_manifest(full).value(), full.get<plugin_manifest>());
}

TEST(ManifestCheck, ListsAllFaultsAtOnce) {
  const auto manifest = json::parse(R"json({
    "name": "Bad Name", "version": "1.0", "displayName": 5, "homepage": "example.com", "type": "game", "tags": ["a", 1, ""],
    "requirements": {"streamspaceVersion": "newest", "minimumVersion": ">=1", "plugins": ["ui", "ok@x.1", "fine"]},
    "entrypoints": {"main": "../evil.so", "ui": "/abs", "cli": 1},
    "configSchema": {"properties": {"a": {"type": "text"}}}, "permissions": ["a b"],
    "dependencies": {"x": "^^1", "Y": "1", "z": 1}})json");
  EXPECT_THAT(
      lines(manifest_faults(manifest)),
      ElementsAre(
          "/name must name a plugin: the plugin name 'Bad Name' may only have lower-case letters, digits and hyphens",
          "/version is wrong: the version '1.0' is wrong at character 4: a '.' must stand here; a version is "
          "major.minor.patch",
          "/type must be one of extension, webhook, integration, api, theme, cli and system",
          "/displayName must be a string", "/tags/1 must be a string", "/tags/2 must not be empty",
          "/homepage must be a URL (https://...)",
          "/requirements/streamspaceVersion is wrong: the version range 'newest' is wrong at character 1: a number, x "
          "or * "
          "must stand here",
          "/requirements/minimumVersion is wrong: the version '>=1' is wrong at character 1: a number, x or * must "
          "stand "
          "here",
          "/requirements/plugins/0 must name a plugin: the plugin name 'ui' is reserved; choose another",
          "/requirements/plugins/1 is wrong: the version range 'x.1' is wrong at character 3: no number can stand "
          "after an "
          "x",
          "/entrypoints/main must be the path of a file of the plugin",
          "/entrypoints/ui must be the path of a file of the plugin", "/entrypoints/cli must be a string",
          "/permissions/0 must not have spaces or control characters",
          "/dependencies/Y must name a plugin: the plugin name 'Y' may only have lower-case letters, digits and "
          "hyphens",
          "/dependencies/x is wrong: the version range '^^1' is wrong at character 2: a number, x or * must stand here",
          "/dependencies/z must be a string",
          "/configSchema/properties/a/type must be one of array, boolean, integer, null, number, object, string, or an "
          "array of different ones"));
}

TEST(ManifestCheck, DemandsANameAndAVersion) {
  EXPECT_THAT(lines(manifest_faults(json::object())), ElementsAre("/name is missing", "/version is missing"));
  EXPECT_THAT(lines(manifest_faults(json::array())), ElementsAre(" must be an object"));
  EXPECT_THAT(faults_of({{"version", "v1.0.0"}}),
              ElementsAre("/version must be a version alone: no 'v' before it, no spaces around it"));
}

TEST(ManifestCheck, ChecksDefaultConfigAgainstItsSchema) {
  const auto schema = json::parse(R"({"required": ["key"], "properties": {"key": {"type": "string"},
                                      "n": {"type": "integer", "maximum": 5}}})");
  EXPECT_THAT(faults_of({{"configSchema", schema}, {"defaultConfig", {{"n", 5}}}}), IsEmpty());
  EXPECT_THAT(
      faults_of({{"configSchema", schema}, {"defaultConfig", {{"n", 6}, {"key", 1}}}}),
      UnorderedElementsAre("/defaultConfig/n must be 5 or less", "/defaultConfig/key must be a string, not a number"));
  EXPECT_THAT(faults_of({{"defaultConfig", {{"n", 6}}}}), IsEmpty());
  EXPECT_THAT(faults_of({{"defaultConfig", json::array()}}), ElementsAre("/defaultConfig must be an object"));
  EXPECT_THAT(faults_of({{"configSchema", {{"properties", {{"n", {{"maximum", 1}, {"default", 2}}}}}}}}),
              ElementsAre("/configSchema has a \"default\" that does not fit itself: /n must be 1 or less"));
}

TEST(ManifestCheck, RefusesAPluginThatNeedsItself) {
  EXPECT_THAT(faults_of({{"dependencies", {{"shop", "1"}}}}),
              ElementsAre("/dependencies/shop must not be the plugin itself"));
  EXPECT_THAT(faults_of({{"requirements", {{"plugins", {"shop@1"}}}}}), SizeIs(1));
}

TEST(ManifestCheck, HasLimits) {
  EXPECT_THAT(faults_of({{"displayName", std::string(201, 'x')}}),
              ElementsAre("/displayName must not have more than 200 characters"));
  EXPECT_THAT(faults_of({{"description", std::string(10'001, 'x')}}), SizeIs(1));
  EXPECT_THAT(faults_of({{"tags", std::vector<std::string>(257, "x")}}),
              ElementsAre("/tags must not have more than 256 items"));
  EXPECT_THAT(faults_of({{"tags", std::vector<int>(250, 1)}}), SizeIs(100));
  json many;
  for (int i = 0; i < 257; ++i) many["p" + std::to_string(i)] = "*";
  EXPECT_THAT(faults_of({{"dependencies", many}}), ElementsAre("/dependencies must not have more than 256 members"));
  EXPECT_THAT(faults_of({{"own", std::string(1024 * 1024, 'x')}}), ElementsAre(" has more than 1048576 bytes of text"));
  EXPECT_THAT(faults_of({{"own", std::vector<int>(20'000, 1)}}), ElementsAre(" has more than 20000 values"));
  json deep = 1;
  for (int i = 0; i < 64; ++i) deep = json::array({std::move(deep)});
  EXPECT_THAT(faults_of({{"own", deep}}), ElementsAre(" has more than 64 arrays and objects within each other"));
}

TEST(ManifestCheck, HandsTheFaultsOverAsFacts) {
  const auto bad = checked_manifest(a_manifest({{"type", "game"}, {"tags", 1}}));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ec::invalid_argument);
  EXPECT_EQ(bad.error().fact("/tags"), "must be an array of strings");
  EXPECT_THAT(bad.error().message(),
              AllOf(HasSubstr("the manifest is wrong: /type must be one of"), HasSubstr("; /tags must be")));
}

/// docs/manifest.schema.json, asked twice: valijson as it is, and with what this project asks configurations with.
class ManifestSchema : public ::testing::Test {
 protected:
  ManifestSchema() {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{document_}, parsed_);
  }

  bool accepts(const json& manifest) {
    const bool ours = faults_against(known_, manifest).empty();
    const bool plain =
        valijson::Validator{}.validate(parsed_, valijson::adapters::NlohmannJsonAdapter{manifest}, nullptr);
    EXPECT_EQ(ours, plain) << to_string(faults_against(known_, manifest));
    return ours;
  }

  json document_ = read(std::filesystem::path{STREAMSPACE_SOURCE_DIR} / "docs/manifest.schema.json");
  config_schema known_{document_};
  valijson::Schema parsed_;
};

TEST_F(ManifestSchema, IsASchema) {
  EXPECT_THAT(lines(known_.faults()), IsEmpty());
}

TEST_F(ManifestSchema, TakesWhatTheCheckTakes) {
  std::vector<json> good{full, a_manifest()};
  for (
      const char* changes :
      {R"({"homepage": null, "tags": null, "requirements": null, "dependencies": null, "configSchema": null, "type": null,
            "icon": null, "entrypoints": null, "permissions": null, "defaultConfig": null, "author": null})",
       R"({"version": "0.0.0-0.a-b+001"})",
       R"({"version": "10.20.30"})",
       R"({"icon": "https://x.y/i.png"})",
       R"({"icon": "i.png"})",
       R"({"homepage": "HTTP://x"})",
       R"({"repository": "git+ssh:x"})",
       R"({"type": "theme"})",
       R"({"tags": []})",
       R"({"requirements": {"plugins": [], "minimumVersion": "v1", "maximumVersion": "1.x"}})",
       R"({"requirements": {"streamspaceVersion": null, "minimumVersion": null, "other": 1}})",
       R"({"requirements": {"streamspaceVersion": "1.2 - 2 || ~3.1.0-beta || *"}})",
       R"({"requirements": {"plugins": ["a@", "b@>= 1"]}})",
       R"({"entrypoints": {"main": "a/b..c", "x": ["y"]}})",
       R"({"entrypoints": {"main": null}})",
       R"({"permissions": ["\u00e4", "read:*"]})",
       R"({"dependencies": {}})",
       R"({"dependencies": {"a": "", "b-1": "^0.0.1"}})",
       R"({"configSchema": {}})",
       R"({"author": ""})",
       R"({"configSchema": {"type": ["object", "null"], "properties": {"a": true, "b": {"$ref": "#/definitions/c"}},
            "definitions": {"c": {"type": "string"}}, "additionalProperties": false}})",
       R"({"configSchema": {"properties": {"a": {"items": [{"type": "integer"}], "enum": [[1]], "multipleOf": 0.5}}}})",
       R"({"anything": {"else": [1, 2, {"x": null}]}})"})
    good.push_back(a_manifest(json::parse(changes)));
  for (const auto& manifest : good) {
    EXPECT_THAT(lines(manifest_faults(manifest)), IsEmpty()) << manifest;
    EXPECT_TRUE(accepts(manifest)) << manifest;
  }
}

TEST_F(ManifestSchema, RefusesWhatTheCheckRefuses) {
  std::vector<json> bad{json::object(), {{"name", "a"}}, {{"version", "1.0.0"}}, json::array(), "x"};
  for (const char* changes : {R"({"name": null})",
                              R"({"name": ""})",
                              R"({"name": "-a"})",
                              R"({"name": "A"})",
                              R"({"name": "ui"})",
                              R"({"name": 1})",
                              R"({"version": "1"})",
                              R"({"version": "01.0.0"})",
                              R"({"version": "1.0.0-01"})",
                              R"({"version": "v1.0.0"})",
                              R"({"version": " 1.0.0"})",
                              R"({"version": "1.0.0-"})",
                              R"({"version": null})",
                              R"({"displayName": 1})",
                              R"({"author": {"name": "x"}})",
                              R"({"description": []})",
                              R"({"license": true})",
                              R"({"category": {}})",
                              R"({"homepage": "x.y"})",
                              R"({"homepage": "ftp://x.y"})",
                              R"({"homepage": "https://"})",
                              R"({"homepage": "https://a b"})",
                              R"({"repository": "x/y"})",
                              R"({"repository": "git:"})",
                              R"({"icon": "../i.png"})",
                              R"({"icon": "/i.png"})",
                              R"({"icon": ""})",
                              R"({"icon": 1})",
                              R"({"type": "game"})",
                              R"({"type": 1})",
                              R"({"tags": "a"})",
                              R"({"tags": [1]})",
                              R"({"tags": [""]})",
                              R"({"tags": [null]})",
                              R"({"requirements": []})",
                              R"({"requirements": {"streamspaceVersion": 1}})",
                              R"({"requirements": {"streamspaceVersion": "1, 2"}})",
                              R"({"requirements": {"minimumVersion": ">=1"}})",
                              R"({"requirements": {"maximumVersion": "1.2.3.4"}})",
                              R"({"requirements": {"plugins": "a"}})",
                              R"({"requirements": {"plugins": [1]}})",
                              R"({"requirements": {"plugins": ["A"]}})",
                              R"({"requirements": {"plugins": ["catalog"]}})",
                              R"({"requirements": {"plugins": ["a@1, 2"]}})",
                              R"({"entrypoints": "x"})",
                              R"({"entrypoints": {"main": ""}})",
                              R"({"entrypoints": {"main": "a//b"}})",
                              R"({"entrypoints": {"ui": "a/../b"}})",
                              R"({"entrypoints": {"cli": "a\\b"}})",
                              R"({"entrypoints": {"api": 1}})",
                              R"({"configSchema": true})",
                              R"({"configSchema": {"type": "array"}})",
                              R"({"configSchema": {"properties": {"a": 1}}})",
                              R"({"configSchema": {"properties": {"a": {"type": "text"}}}})",
                              R"({"configSchema": {"properties": {"a": {"enum": []}}}})",
                              R"({"configSchema": {"properties": {"a": {"$ref": "http://x"}}}})",
                              R"({"configSchema": {"properties": {"a": {"items": {"minLength": -1}}}}})",
                              R"({"configSchema": {"required": ["a", "a"]}})",
                              R"({"defaultConfig": []})",
                              R"({"permissions": {}})",
                              R"({"permissions": ["a b"]})",
                              R"({"permissions": [""]})",
                              R"({"permissions": ["a\n"]})",
                              R"({"dependencies": []})",
                              R"({"dependencies": {"A": "1"}})",
                              R"({"dependencies": {"ui": "1"}})",
                              R"({"dependencies": {"a": 1}})",
                              R"({"dependencies": {"a": null}})",
                              R"({"dependencies": {"a": "1 & 2"}})",
                              R"({"optionalDependencies": {"a": {}}})"})
    bad.push_back(a_manifest(json::parse(changes)));
  for (const auto& manifest : bad) {
    EXPECT_FALSE(manifest_faults(manifest).empty()) << manifest;
    EXPECT_FALSE(accepts(manifest)) << manifest;
  }
}

TEST_F(ManifestSchema, LeavesToTheCheckWhatASchemaCannotSay) {
  for (const char* changes : {R"({"dependencies": {"a": "latest"}})", R"({"dependencies": {"shop": "1"}})",
                              R"({"configSchema": {"properties": {"a": {"pattern": "("}}}})",
                              R"({"configSchema": {"properties": {"a": {"type": "null"}}}, "defaultConfig": {"a": 1}})",
                              R"({"version": "9999999999999999.0.0"})"}) {
    const auto manifest = a_manifest(json::parse(changes));
    EXPECT_FALSE(manifest_faults(manifest).empty()) << manifest;
    EXPECT_TRUE(accepts(manifest)) << manifest;
  }
}

/// Manifests of real plugins, where they lie beside this source tree.
TEST_F(ManifestSchema, AndTheCheckTakeRealManifests) {
  const auto folder = std::filesystem::path{STREAMSPACE_SOURCE_DIR} / "../shared/data/streamspace";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there are no real manifests here";
  int count = 0;
  const auto take = [&](const json& manifest) {
    EXPECT_THAT(lines(manifest_faults(manifest)), IsEmpty()) << manifest["name"];
    EXPECT_TRUE(accepts(manifest)) << manifest["name"];
    ++count;
  };
  for (const auto& file : std::filesystem::directory_iterator{folder / "manifests"}) take(read(file.path()));
  for (const auto& entry : read(folder / "catalog.json"))
    if (entry.contains("manifest")) take(entry["manifest"]);
  EXPECT_GT(count, 5);
}

}  // namespace
}  // namespace streamspace
