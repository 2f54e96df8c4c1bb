#include <string>

#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/json_nesting.hpp>

namespace streamspace {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(JsonNesting, CountsArraysAndObjectsWithinEachOther) {
  EXPECT_FALSE(nests_deeper_than(nested(3), 3));
  EXPECT_TRUE(nests_deeper_than(nested(4), 3));
  EXPECT_TRUE(nests_deeper_than(R"({"a":{"b":[1]}})", 2));
  EXPECT_FALSE(nests_deeper_than("[[1],[2],[3]]", 2)) << "what stands side by side does not add up";
  EXPECT_FALSE(nests_deeper_than("]]]][", 1));
}

TEST(JsonNesting, PassesOverStrings) {
  EXPECT_FALSE(nests_deeper_than(R"(["[[[[", "{{{{", "\"[[[["])", 1));
  EXPECT_TRUE(nests_deeper_than(R"(["\\",[[1]]])", 2)) << "an escaped backslash does not hide the quote after it";
  EXPECT_FALSE(nests_deeper_than("\"ends in an escape\\", 1));
}

TEST(JsonNesting, ARequestRefusesABodyThatIsTooDeepBeforeItIsRead) {
  request rq;
  rq.body = nested(deepest_json);
  EXPECT_TRUE(rq.json().is_array());
  rq.body = nested(500'000);
  const auto refused = testing::failure_of([&] { static_cast<void>(rq.json()); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
