#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/actors/inbox_limits.hpp>

namespace streamspace {
namespace {

TEST(InboxLimitsJson, OverridesWhatIsThere) {
  inbox_limits limits;
  from_json({{"events", 10}, {"bytes", 4'096}, {"overflow", "fail"}}, limits);
  EXPECT_EQ(limits.events, 10U);
  EXPECT_EQ(limits.event_bytes, 4'096U);
  EXPECT_EQ(limits.requests, inbox_limits{}.requests);
}

class InboxLimitsFault : public ::testing::TestWithParam<std::pair<json, std::string>> {};

TEST_P(InboxLimitsFault, IsRefusedAndChangesNothing) {
  const auto& [in, named] = GetParam();
  inbox_limits limits;
  const auto refused = testing::failure_of([&, &in = in] { from_json(in, limits); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ec::invalid_argument);
  EXPECT_NE(refused->message().find(named), std::string::npos) << refused->message();
  EXPECT_EQ(limits.events, inbox_limits{}.events);
}

INSTANTIATE_TEST_SUITE_P(Faults, InboxLimitsFault,
                         ::testing::Values(std::pair{json("many"), "inbox"},
                                           std::pair{json{{"events", 0}}, "'events' must be an integer from 1"},
                                           std::pair{json{{"events", 1e300}}, "events"},
                                           std::pair{json{{"events", 5}, {"requests", "5"}}, "requests"},
                                           std::pair{json{{"events", 5}, {"bytes", 1'023}}, "bytes"}));

}  // namespace
}  // namespace streamspace
