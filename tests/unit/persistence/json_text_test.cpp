#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/json_text.hpp>

namespace streamspace {
namespace {

json nested(int levels) {
  json value = 1;
  for (int i = 0; i < levels; ++i) value = json::array({std::move(value)});
  return value;
}

std::string refusal_of(const json& value) {
  try {
    to_jsonb_text(value);
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::invalid_argument);
    return e.message();
  }
  return {};
}

TEST(JsonText, WritesEveryKindOfValue) {
  EXPECT_EQ(to_jsonb_text(nullptr), "null");
  EXPECT_EQ(to_jsonb_text("text"), "\"text\"");
  EXPECT_EQ(to_jsonb_text(1.5), "1.5");
  EXPECT_EQ(to_jsonb_text({{"b", {1, 2}}, {"a", {{"x", true}}}}), R"({"a":{"x":true},"b":[1,2]})");
  EXPECT_EQ(to_jsonb_text(json::array()), "[]");
}

TEST(JsonText, RefusesNulCharactersInValuesAndNames) {
  EXPECT_NE(refusal_of(std::string{"a\0b", 3}), "");
  EXPECT_NE(refusal_of(json::array({1, {{"deep", std::string(1, '\0')}}})), "");
  EXPECT_NE(refusal_of({{std::string{"na\0me", 5}, 1}}), "");
}

TEST(JsonText, RefusesTextThatIsNotUtf8) {
  EXPECT_NE(refusal_of("\xFF"), "");
  EXPECT_NE(refusal_of({{"\xC3", 1}}), "");
}

TEST(JsonText, RefusesNumbersThatJsonCannotHold) {
  EXPECT_NE(refusal_of(std::nan("")), "");
  EXPECT_NE(refusal_of(json::array({std::numeric_limits<double>::infinity()})), "");
}

TEST(JsonText, TakesDeepValuesUpToABound) {
  EXPECT_EQ(refusal_of(nested(512)), "");
  EXPECT_NE(refusal_of(nested(513)), "");
  EXPECT_NE(refusal_of(nested(100'000)), "");
}

}  // namespace
}  // namespace streamspace
