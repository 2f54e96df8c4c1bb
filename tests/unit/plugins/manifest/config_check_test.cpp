#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include <streamspace/plugins/manifest/config_check.hpp>

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

/// What is wrong with member "a" under this schema.
std::vector<std::string> faults_of(const json& value, const json& schema_of_a, json definitions = json::object()) {
  return lines(
      config_faults({{"a", value}}, {{"properties", {{"a", schema_of_a}}}, {"definitions", std::move(definitions)}}));
}

std::vector<std::string> faults_of_text(const char* value, const char* schema_of_a) {
  return faults_of(json::parse(value), json::parse(schema_of_a));
}

TEST(ConfigCheck, TakesEverythingWithoutASchema) {
  EXPECT_THAT(config_faults({{"a", {1, nullptr, "x"}}}, json::object()), IsEmpty());
  EXPECT_THAT(lines(config_faults(json::array(), json::object())), ElementsAre(" must be an object"));
}

struct example {
  const char* schema;
  std::vector<const char*> good;
  std::vector<std::pair<const char*, const char*>> bad;  ///< And the one sentence about it.
};

void expect(const std::vector<example>& table) {
  for (const auto& [schema, good, bad] : table) {
    for (const auto* value : good) EXPECT_THAT(faults_of_text(value, schema), IsEmpty()) << value << " in " << schema;
    for (const auto& [value, sentence] : bad)
      EXPECT_THAT(faults_of_text(value, schema), ElementsAre(std::string{sentence})) << value << " in " << schema;
  }
}

TEST(ConfigCheck, ChecksTypes) {
  expect({{R"({"type": "string"})", {R"("")"}, {{"1", "/a must be a string, not a number"}}},
          {R"({"type": "integer"})",
           {"1", "1.0", "-3", "18446744073709551615"},
           {{"1.5", "/a must be an integer, not a number"}, {"\"1\"", "/a must be an integer, not a string"}}},
          {R"({"type": "number"})", {"1", "1.5"}, {{"true", "/a must be a number, not a boolean"}}},
          {R"({"type": "boolean"})", {"true"}, {{"0", "/a must be a boolean, not a number"}}},
          {R"({"type": "null"})", {"null"}, {{"{}", "/a must be null, not an object"}}},
          {R"({"type": "object"})", {"{}"}, {{"[]", "/a must be an object, not an array"}}},
          {R"({"type": "array"})", {"[]"}, {{"null", "/a must be an array, not null"}}},
          {R"({"type": ["string", "null", "integer"]})",
           {"null", "\"x\"", "4"},
           {{"[]", "/a must be a string, null or an integer, not an array"}}}});
}

TEST(ConfigCheck, ChecksValues) {
  expect({{R"({"enum": ["month", "year", 3, {"x": [1]}]})",
           {"\"month\"", "3", "3.0", R"({"x": [1]})"},
           {{"\"day\"", R"(/a must be one of "month", "year", 3 and {"x":[1]})"}}},
          {R"({"enum": ["only"]})", {"\"only\""}, {{"1", "/a must be \"only\""}}},
          {R"({"const": {"k": 1}})", {R"({"k": 1.0})"}, {{"{}", R"(/a must be {"k":1})"}}},
          {R"({"minimum": 1, "maximum": 28})",
           {"1", "28", "1.5", "\"no number\""},
           {{"0", "/a must be 1 or more"}, {"28.01", "/a must be 28 or less"}}},
          {R"({"minimum": 0.0000001})", {"1"}, {{"0", "/a must be 1e-07 or more"}}},
          {R"({"minimum": 0})", {"18446744073709551615"}, {}},
          {R"({"exclusiveMinimum": 0, "exclusiveMaximum": 1})",
           {"0.5"},
           {{"0", "/a must be more than 0"}, {"1", "/a must be less than 1"}}},
          {R"({"multipleOf": 0.1})", {"0.3", "-7", "0"}, {{"0.25", "/a must be a multiple of 0.1"}}},
          {R"({"multipleOf": 2})",
           {"4", "1e300"},
           {{"3", "/a must be a multiple of 2"}, {"2.5", "/a must be a multiple of 2"}}},
          {"false", {}, {{"1", "/a must not be here"}}},
          {"true", {"1"}, {}}});
}

TEST(ConfigCheck, ChecksTexts) {
  expect(
      {{R"({"minLength": 2, "maxLength": 3})",
        {"\"ab\"", "\"\u00e4\u00f6\u00fc\"", "5"},
        {{"\"\u00e4\"", "/a must not have fewer characters than 2"},
         {"\"abcd\"", "/a must not have more characters than 3"}}},
       {R"({"pattern": "^https://hooks\\.slack\\.com/.*$"})",
        {"\"https://hooks.slack.com/x\"", "5"},
        {{"\"http://hooks.slack.com/x\"", R"(/a must fit the pattern "^https://hooks\\.slack\\.com/.*$")"}}},
       {R"({"pattern": "b"})", {"\"abc\""}, {{"\"ac\"", "/a must fit the pattern \"b\""}}},
       {R"({"pattern": "^(?=.*\\d)\\w+$"})", {"\"a1\""}, {{"\"a\"", R"(/a must fit the pattern "^(?=.*\\d)\\w+$")"}}},
       {R"({"format": "email"})",
        {"\"a.b+c@example.com\"", "\"root@localhost\"", "7"},
        {{"\"\"", "/a must be an e-mail address"},
         {"\"a@\"", "/a must be an e-mail address"},
         {"\"@b.c\"", "/a must be an e-mail address"},
         {"\"a b@c.d\"", "/a must be an e-mail address"},
         {"\"a@b@c\"", "/a must be an e-mail address"},
         {"\"a@b..c\"", "/a must be an e-mail address"},
         {"\"a@-b.c\"", "/a must be an e-mail address"}}},
       {R"({"format": "uri"})",
        {"\"https://example.com/a?b=c#d\"", "\"mailto:x@y.z\"", "\"urn:a:b\"", "\"http://[::1]:80/%20\"", "[]"},
        {{"\"example.com\"", "/a must be a URI, with its scheme (https://...)"},
         {"\"/a/b\"", "/a must be a URI, with its scheme (https://...)"},
         {"\"http://a b\"", "/a must be a URI, with its scheme (https://...)"},
         {"\"http://a/%2\"", "/a must be a URI, with its scheme (https://...)"},
         {"\"1http://a\"", "/a must be a URI, with its scheme (https://...)"}}},
       {R"({"type": "string", "format": "password"})", {"\"x\""}, {{"5", "/a must be a string, not a number"}}},
       {R"({"format": "textarea"})", {"\"x\""}, {}},
       {R"({"format": "something-else"})", {"\"x\"", "1"}, {}}});
}

TEST(ConfigCheck, ChecksArrays) {
  expect({{R"({"items": {"type": "string"}, "minItems": 1, "maxItems": 2})",
           {R"(["x"])"},
           {{"[]", "/a must not have fewer items than 1"},
            {R"(["x", "y", "z"])", "/a must not have more items than 2"},
            {R"(["x", 1])", "/a/1 must be a string, not a number"}}},
          {R"({"items": [{"type": "string"}], "additionalItems": false})",
           {"[]", R"(["x"])"},
           {{R"(["x", 1])", "/a/1 is one item too many"}}},
          {R"({"items": [true], "additionalItems": {"type": "null"}})",
           {"[1, null]"},
           {{"[1, 2]", "/a/1 must be null, not a number"}}},
          {R"({"uniqueItems": true})",
           {"[1, 2]", R"(["1", 1, true])", "[]"},
           {{R"([{"x": 1}, 2, {"x": 1.0}])", "/a must not have the same item twice"}}},
          {R"({"contains": {"const": 1}})",
           {"[2, 1]"},
           {{"[]", "/a must contain an item of the kind that its schema wants"}}}});
}

TEST(ConfigCheck, ChecksObjects) {
  expect(
      {{R"({"required": ["x", "y/z"]})", {R"({"x": 1, "y/z": 2})", "3"}, {{R"({"x": 1})", "/a/y~1z is missing"}}},
       {R"({"properties": {"x": {"type": "null"}}, "additionalProperties": false})",
        {"{}", R"({"x": null})"},
        {{R"({"x": null, "~y": 1})", "/a/~0y is not known here"}, {R"({"x": 1})", "/a/x must be null, not a number"}}},
       {R"({"additionalProperties": {"type": "integer"}})",
        {R"({"x": 1})"},
        {{R"({"x": "1"})", "/a/x must be an integer, not a string"}}},
       {R"({"patternProperties": {"^n_": {"type": "number"}, "_s$": {"type": "string"}}, "additionalProperties": false})",
        {R"({"n_1": 1, "x_s": "s"})"},
        {{R"({"n_1": "s"})", "/a/n_1 must be a number, not a string"}, {R"({"x": 1})", "/a/x is not known here"}}},
       {R"({"properties": {"n_x": {"minimum": 5}}, "patternProperties": {"^n_": {"type": "number"}}})",
        {R"({"n_x": 5})"},
        {{R"({"n_x": 4})", "/a/n_x must be 5 or more"}, {R"({"n_x": "4"})", "/a/n_x must be a number, not a string"}}},
       {R"({"minProperties": 1, "maxProperties": 2})",
        {R"({"x": 1})"},
        {{"{}", "/a must not have fewer members than 1"},
         {R"({"x": 1, "y": 2, "z": 3})", "/a must not have more members than 2"}}},
       {R"({"propertyNames": {"pattern": "^[a-z]+$", "maxLength": 3, "not": {"const": "no"}}})",
        {R"({"abc": 1})"},
        {{R"({"A": 1})", "/a/A has a name that is not allowed here"},
         {R"({"abcd": 1})", "/a/abcd has a name that is not allowed here"},
         {R"({"no": 1})", "/a/no has a name that is not allowed here"}}},
       {R"({"dependencies": {"x": ["y"], "z": {"required": ["w"]}}})",
        {R"({"y": 1})", R"({"x": 1, "y": 1})", R"({"z": 1, "w": 1})"},
        {{R"({"x": 1})", "/a/y is missing"}, {R"({"z": 1})", "/a/w is missing"}}}});
}

TEST(ConfigCheck, ChecksCombinations) {
  expect(
      {{R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", {"2"}, {{"0", "/a must be 1 or more"}}},
       {R"({"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]})",
        {"\"s\"", R"({"x": 1})"},
        {{"1", "/a fits none of its allowed forms: must be a string, not a number; or must be an object, not a number"},
         {"{}", "/a fits none of its allowed forms: must be a string, not an object; or /a/x is missing"}}},
       {R"({"oneOf": [{"type": "integer"}, {"minimum": 2}]})",
        {"1", "2.5"},
        {{"3", "/a must fit one of its allowed forms, but fits several"},
         {"1.5", "/a fits none of its allowed forms: must be an integer, not a number; or must be 2 or more"}}},
       {R"({"anyOf": [{"anyOf": [{"const": 1}, {"const": 2}]}, {"const": 3}]})",
        {"1", "2", "3"},
        {{"4",
          "/a fits none of its allowed forms: fits none of its allowed forms: must be 1; or must be 2; or must be 3"}}},
       {R"({"not": {"type": "string"}})", {"1"}, {{"\"x\"", "/a is what its schema rules out"}}},
       {R"({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 5}})",
        {"\"ab\"", "5"},
        {{"\"a\"", "/a must not have fewer characters than 2"}, {"4", "/a must be 5 or more"}}}});
}

TEST(ConfigCheck, ListsAllFaultsAtOnce) {
  const auto schema = json::parse(R"({"type": "object", "required": ["key"], "properties": {
    "n": {"type": "integer", "minimum": 1}, "mail": {"type": "array", "items": {"format": "email"}},
    "deep": {"properties": {"x": {"type": "boolean"}}}}})");
  const auto config = json::parse(R"({"n": 0, "mail": ["a@b.c", "no", "nor"], "deep": {"x": 1}})");
  EXPECT_THAT(lines(config_faults(config, schema)),
              UnorderedElementsAre("/key is missing", "/n must be 1 or more", "/mail/1 must be an e-mail address",
                                   "/mail/2 must be an e-mail address", "/deep/x must be a boolean, not a number"));
  EXPECT_THAT(partial_config_faults(config, schema), SizeIs(4));
  EXPECT_THAT(partial_config_faults(json::object(), schema), IsEmpty());
}

TEST(ConfigCheck, SaysNoValueOfTheConfiguration) {
  const auto faults =
      faults_of("s3cret", {{"pattern", "^x"}, {"minLength", 20}, {"format", "email"}, {"enum", {"a", "b"}}});
  EXPECT_THAT(faults, SizeIs(4));
  for (const auto& fault : faults) EXPECT_EQ(fault.find("s3cret"), std::string::npos) << fault;
}

TEST(ConfigCheck, FollowsReferences) {
  const json definitions{{"port", {{"type", "integer"}, {"maximum", 65535}}},
                         {"alias", {{"$ref", "#/definitions/port"}}},
                         {"a/b", {{"type", "null"}}},
                         {"tree", json::parse(R"({"type": "object", "properties": {"value": {"type": "string"},
                            "left": {"$ref": "#/definitions/tree"}, "right": {"$ref": "#/definitions/tree"}}})")}};
  EXPECT_THAT(faults_of(70000, {{"$ref", "#/definitions/alias"}}, definitions),
              ElementsAre("/a must be 65535 or less"));
  EXPECT_THAT(faults_of(1, {{"$ref", "#/definitions/a~1b"}}, definitions),
              ElementsAre("/a must be null, not a number"));
  EXPECT_THAT(faults_of(1, {{"$ref", "#/definitions/a%7E1b"}}, definitions), SizeIs(1));
  EXPECT_THAT(faults_of(json::parse(R"({"left": {"right": {"value": 1}}, "value": "x"})"),
                        {{"$ref", "#/definitions/tree"}}, definitions),
              ElementsAre("/a/left/right/value must be a string, not a number"));
  // What stands beside a reference does not count, says draft-07.
  EXPECT_THAT(faults_of(1, {{"$ref", "#/definitions/port"}, {"type", "string"}}, definitions), IsEmpty());
  // The whole schema, again.
  EXPECT_THAT(lines(config_faults(json::parse(R"({"self": {"self": {"n": "x"}}})"),
                                  json::parse(R"({"properties": {"self": {"$ref": "#"}, "n": {"type": "number"}}})"))),
              ElementsAre("/self/self/n must be a number, not a string"));
}

TEST(ConfigCheck, FillsInDefaults) {
  const auto schema = json::parse(R"({"type": "object", "properties": {
    "mode": {"type": "string", "default": "usage"},
    "rate": {"type": "number", "default": 1},
    "channel": {"type": "string", "default": "#schema"},
    "none": {"type": "string"},
    "cost": {"type": "object", "properties": {"cpu": {"default": 0.5}, "ram": {"default": 2}}},
    "needs": {"type": "object", "required": ["key"], "properties": {"key": {}, "on": {"default": true}}},
    "whole": {"default": {"x": 1}, "properties": {"y": {"default": 2}}},
    "plans": {"items": {"properties": {"price": {"default": 9}}}},
    "empty": {"type": "object", "properties": {"z": {}}},
    "other": {"$ref": "#/definitions/other"}},
    "definitions": {"other": {"allOf": [{"properties": {"deep": {"default": "d"}}}], "default": {}}},
    "allOf": [{"properties": {"from_all": {"default": []}}}]})");
  EXPECT_EQ(with_defaults(json::object(), schema, json::object()),
            json::parse(R"({"mode": "usage", "rate": 1, "channel": "#schema", "cost": {"cpu": 0.5, "ram": 2},
                            "whole": {"x": 1, "y": 2}, "other": {"deep": "d"}, "from_all": []})"));
  const auto defaults = json::parse(R"({"channel": "#manifest", "rate": 2, "cost": {"cpu": 7, "disk": 1}, "free": 1})");
  const auto config =
      json::parse(R"({"rate": 3, "cost": {"disk": 5}, "needs": {"key": "k"}, "plans": [{}, {"price": 1}],
                                      "mode": null, "own": [1]})");
  EXPECT_EQ(with_defaults(config, schema, defaults),
            json::parse(R"({"mode": null, "rate": 3, "channel": "#manifest", "cost": {"cpu": 7, "ram": 2, "disk": 5},
                            "needs": {"key": "k", "on": true}, "plans": [{"price": 9}, {"price": 1}], "free": 1,
                            "whole": {"x": 1, "y": 2}, "other": {"deep": "d"}, "from_all": [], "own": [1]})"));
}

TEST(ConfigCheck, GivesTheCompleteConfigurationOrAllThatIsWrong) {
  const auto schema = json::parse(R"({"properties": {"url": {"format": "uri"}, "n": {"default": 3, "maximum": 5}},
                                      "required": ["url"]})");
  const auto good = complete_config({{"url", "https://x.y"}}, schema, json::object());
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, (json{{"url", "https://x.y"}, {"n", 3}}));
  const auto bad = complete_config({{"n", 7}}, schema, json::object());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ec::invalid_argument);
  EXPECT_EQ(bad.error().fact("/url"), "is missing");
  EXPECT_EQ(bad.error().fact("/n"), "must be 5 or less");
  EXPECT_THAT(bad.error().message(), AllOf(HasSubstr("/url is missing"), HasSubstr("/n must be 5 or less")));
  EXPECT_THAT(complete_config(json::object(), {{"type", 1}}, json::object()).error().message(),
              HasSubstr("its schema is wrong: /type must be one of"));
}

TEST(ConfigSchema, HasItsFaultsListedAtOnce) {
  const auto faults = lines(config_schema_faults(json::parse(R"({
    "type": "thing", "title": 1, "properties": {"a": 3, "b": {"type": ["string", "string"], "pattern": "("},
      "c": {"enum": [], "minimum": "1", "maxLength": -1, "multipleOf": 0, "uniqueItems": "yes", "required": ["x", "x"]}},
    "allOf": [], "patternProperties": {"[": {}}, "dependencies": {"x": ["a", 1]}, "items": [],
    "$schema": "https://json-schema.org/draft/2020-12/schema"})")));
  EXPECT_THAT(
      faults,
      UnorderedElementsAre(
          "/type must be one of array, boolean, integer, null, number, object, string, or an array of different ones",
          "/title must be a string", "/properties/a must be a schema: an object, true or false",
          "/properties/b/type must be one of array, boolean, integer, null, number, object, string, or an array "
          "of different ones",
          "/properties/b/pattern must be a regular expression, but is wrong at character 2: missing closing "
          "parenthesis",
          "/properties/c/enum must be an array of one value or more", "/properties/c/minimum must be a number",
          "/properties/c/maxLength must be a whole number that is not negative",
          "/properties/c/multipleOf must be a number above 0", "/properties/c/uniqueItems must be true or false",
          "/properties/c/required must be an array of different names", "/allOf must be an array of one schema or more",
          "/patternProperties/[ must be a regular expression, but is wrong at character 2: missing terminating ] "
          "for character class",
          "/dependencies/x must be a schema or an array of different names",
          "/items must be an array of one schema or more",
          "/$schema must be http://json-schema.org/draft-07/schema#: other drafts are not understood"));
  EXPECT_THAT(lines(config_schema_faults(true)), ElementsAre(" must be an object"));
  EXPECT_THAT(lines(config_schema_faults({{"type", "array"}})),
              ElementsAre("/type must be object: so is a configuration"));
}

TEST(ConfigSchema, MayNotReferToOtherDocuments) {
  for (const auto* reference : {"http://example.com/schema.json", "https://example.com#/x", "other.json", "//x", ""})
    EXPECT_THAT(lines(config_schema_faults({{"properties", {{"a", {{"$ref", reference}}}}}})),
                ElementsAre("/properties/a/$ref must stay within this schema: begin with '#'"));
  EXPECT_THAT(lines(config_schema_faults({{"properties", {{"a", {{"$ref", "#anchor"}}}}}})), SizeIs(1));
  EXPECT_THAT(lines(config_schema_faults({{"properties", {{"a", {{"$ref", "#/nowhere"}}}}}})),
              ElementsAre("/properties/a/$ref leads nowhere in this schema"));
  EXPECT_THAT(lines(config_schema_faults({{"properties", {{"a", {{"$ref", 1}}}}}})), SizeIs(1));
  EXPECT_THAT(lines(config_schema_faults({{"properties", {{"a", {{"$ref", "#/properties/~2"}}}}}})), SizeIs(1));
}

TEST(ConfigSchema, MayNotGoInCircles) {
  for (
      const auto* schema :
      {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}]})", R"({"not": {"anyOf": [{"$ref": "#"}]}})",
       R"({"if": {"$ref": "#"}})", R"({"dependencies": {"x": {"$ref": "#"}}})",
       R"({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"})",
       R"({"oneOf": [{"$ref": "#/definitions/a"}],
            "definitions": {"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"then": {"$ref": "#/definitions/a"}}}})"})
    EXPECT_THAT(config_schema_faults(json::parse(schema)), SizeIs(::testing::Ge(1U))) << schema;
}

/// What somebody might send to keep a server busy.
class HostileSchema : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_LT(std::chrono::steady_clock::now() - begin_, std::chrono::seconds{20}); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

TEST_F(HostileSchema, WithAnExpressionThatTakesExponentialTime) {
  EXPECT_THAT(
      faults_of(std::string(40, 'a') + "!", {{"pattern", "^(a+)+$"}}),
      ElementsAre(" takes too long to check against its schema; simplify the schema's patterns and alternatives"));
  json names;
  names[std::string(40, 'a') + "!"] = 1;
  EXPECT_THAT(faults_of(names, {{"patternProperties", {{"^(a+)+$", false}}}}), SizeIs(1));
}

TEST_F(HostileSchema, WithHugeExpressionsAndTexts) {
  EXPECT_THAT(config_schema_faults({{"pattern", std::string(2000, 'a')}}), SizeIs(1));
  EXPECT_THAT(config_schema_faults({{"pattern", "((((a{1000}){1000}){1000}){1000})"}}), SizeIs(1));
  EXPECT_THAT(config_schema_faults({{"pattern", std::string(500, '(') + std::string(500, ')')}}), SizeIs(1));
  EXPECT_THAT(faults_of(std::string(400'000, 'a'), {{"pattern", "^.*$"}}), IsEmpty());
  EXPECT_THAT(faults_of(std::string(400'000, 'a'), {{"pattern", "^(a|b)*$"}}), SizeIs(1));
}

TEST_F(HostileSchema, ThatDoublesAtEachLevel) {
  const auto schema = json::parse(R"({"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}})");
  json config = json::object();
  for (int i = 0; i < 60; ++i) config = json{{"a", std::move(config)}};
  EXPECT_THAT(config_faults(config, schema), SizeIs(1));
  EXPECT_EQ(with_defaults(config, schema, json::object()), config);
  json doubling{{"allOf", {{{"$ref", "#/definitions/0"}}, {{"$ref", "#/definitions/0"}}}}};
  for (int i = 0; i < 30; ++i) {
    const json next{{"$ref", "#/definitions/" + std::to_string(i + 1)}};
    doubling["definitions"][std::to_string(i)] = i < 29 ? json{{"allOf", {next, next}}} : json::object();
  }
  EXPECT_THAT(config_faults(json::object(), doubling), SizeIs(1));
}

TEST_F(HostileSchema, ThatIsDeep) {
  json deep = json::object();
  for (int i = 0; i < 20'000; ++i) deep = json{{"not", std::move(deep)}};
  EXPECT_THAT(config_schema_faults(deep), SizeIs(1));
  json config = json::object();
  for (int i = 0; i < 20'000; ++i) config = json{{"a", std::move(config)}};
  EXPECT_THAT(config_faults(config, json::object()), SizeIs(1));
  EXPECT_EQ(with_defaults({{"x", 1}}, json::object(), config), (json{{"x", 1}}));
}

TEST_F(HostileSchema, WithALongChainOfReferences) {
  for (const int length : {200, 4000}) {
    json schema{{"properties", {{"a", {{"$ref", "#/definitions/0"}}}}}};
    for (int i = 0; i < length; ++i)
      schema["definitions"][std::to_string(i)] =
          i + 1 < length ? json{{"properties", {{"a", {{"$ref", "#/definitions/" + std::to_string(i + 1)}}}}}} : json();
    schema["definitions"][std::to_string(length - 1)] = json::object();
    EXPECT_THAT(config_schema_faults(schema), SizeIs(1));
  }
  json allowed{{"properties", {{"a", {{"$ref", "#/definitions/0"}}}}}};
  for (int i = 0; i < 60; ++i)
    allowed["definitions"][std::to_string(i)]["properties"]["a"]["$ref"] =
        "#/definitions/" + std::to_string((i + 1) % 60);
  EXPECT_THAT(config_schema_faults(allowed), IsEmpty());
}

TEST_F(HostileSchema, ThatMakesDefaultsWithinThemselves) {
  const auto schema = json::parse(R"({"properties": {"n": {"default": 1}, "child": {"$ref": "#"}}})");
  EXPECT_EQ(with_defaults(json::object(), schema, json::object())["n"], 1);
  const auto nested = with_defaults(json::object(), schema, json::object());
  EXPECT_LT(nested.dump().size(), 100U);
}

TEST_F(HostileSchema, WithManyValuesAndItems) {
  json many = json::array();
  for (int i = 0; i < 15'000; ++i) many.push_back(i);
  EXPECT_THAT(faults_of(many, {{"uniqueItems", true}}), IsEmpty());
  EXPECT_THAT(faults_of(many, {{"items", {{"type", "string"}}}}), SizeIs(100));
  for (int i = 0; i < 15'000; ++i) many.push_back(i);
  EXPECT_THAT(faults_of(many, json::object()), SizeIs(1));
  EXPECT_THAT(config_schema_faults({{"enum", many}}), SizeIs(1));
}

TEST_F(HostileSchema, AtTheDeepestThatIsTaken) {
  // As many levels of stack as there may be.
  json in_place = json::object();
  for (int i = 0; i < 15; ++i) in_place = json{{"allOf", {std::move(in_place)}}};
  in_place["additionalProperties"] = {{"$ref", "#"}};
  json config = json::object();
  for (int i = 0; i < 30; ++i) config = json{{"a", std::move(config)}};
  EXPECT_THAT(config_faults(config, in_place), IsEmpty());
  for (int i = 0; i < 30; ++i) config = json{{"a", std::move(config)}};
  EXPECT_THAT(config_faults(config, in_place), SizeIs(1));
}

}  // namespace
}  // namespace streamspace
