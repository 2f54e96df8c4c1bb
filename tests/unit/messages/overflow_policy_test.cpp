#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/messages/overflow_policy.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

overflow_policy read(const json& in, overflow_policy before = {}) {
  from_json(in, before);
  return before;
}

TEST(OverflowPolicyJson, NamesEachKind) {
  EXPECT_EQ(read({{"overflow", "drop_newest"}}).what, overflow_policy::kind::drop_newest);
  EXPECT_EQ(read({{"overflow", "drop_oldest"}}).what, overflow_policy::kind::drop_oldest);
  EXPECT_EQ(read({{"overflow", "fail"}}).what, overflow_policy::kind::fail);
  const auto patient = read({{"overflow", "block"}, {"patience_ms", 250}});
  EXPECT_EQ(patient.what, overflow_policy::kind::block);
  EXPECT_EQ(patient.patience, 250ms);
}

TEST(OverflowPolicyJson, LeavesWhatIsNotThereAsItWas) {
  const auto before = overflow_policy::block(5ms);
  EXPECT_EQ(read({{"events", 3}}, before).what, before.what);
  EXPECT_EQ(read({{"overflow", "block"}}, before).patience, 5ms);
}

class OverflowPolicyJsonFault : public ::testing::TestWithParam<std::pair<json, std::string>> {};

TEST_P(OverflowPolicyJsonFault, IsRefusedAndChangesNothing) {
  const auto& [in, message] = GetParam();
  auto policy = overflow_policy::block(5ms);
  const auto refused = testing::failure_of([&, &in = in] { from_json(in, policy); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_EQ(refused->message(), message);
  EXPECT_EQ(policy.what, overflow_policy::kind::block);
  EXPECT_EQ(policy.patience, 5ms);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, OverflowPolicyJsonFault,
    ::testing::Values(
        std::pair{json::array(), "inbox must be a JSON object"},
        std::pair{json{{"overflow", "explode"}},
                  "member 'overflow' must be one of 'drop_newest', 'drop_oldest', 'block', 'fail'"},
        std::pair{json{{"overflow", 1}},
                  "member 'overflow' must be one of 'drop_newest', 'drop_oldest', 'block', 'fail'"},
        std::pair{json{{"overflow", "fail"}, {"patience_ms", -1}},
                  "member 'patience_ms' must be an integer from 0 to 3600000"},
        std::pair{json{{"patience_ms", 3'600'001}}, "member 'patience_ms' must be an integer from 0 to 3600000"},
        std::pair{json{{"patience_ms", 0}}, "member 'patience_ms' must be more than 0 where 'overflow' is 'block'"}));

}  // namespace
}  // namespace streamspace
