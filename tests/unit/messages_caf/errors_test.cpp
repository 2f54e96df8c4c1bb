#include <caf/all.hpp>
#include <gmock/gmock.h>

#include <streamspace/messages/caf/errors.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;

class ErrorCode : public ::testing::TestWithParam<int> {};

TEST_P(ErrorCode, SurvivesTheWayThroughAnActor) {
  const error original{static_cast<ec>(GetParam()),
                       "what happened, to what, what to do",
                       {{"sqlstate", "23505"}, {"constraint", "users_email_key"}}};
  EXPECT_EQ(from_caf(to_caf(original)), original);
}

INSTANTIATE_TEST_SUITE_P(EveryOne, ErrorCode,
                         ::testing::Range(static_cast<int>(ec::invalid_argument),
                                          static_cast<int>(ec::quota_exceeded) + 1));

TEST(ErrorsThroughActors, KeepAnErrorWithoutFacts) {
  const error original{ec::not_found, "nothing there"};
  EXPECT_EQ(from_caf(to_caf(original)), original);
}

TEST(ErrorsThroughActors, KeepTextInAnyLanguage) {
  const error original{ec::conflict, "h\xc3\xa9 \"quoted\" \\ \n", {{"k\"", "v\n\xe2\x82\xac"}}};
  EXPECT_EQ(from_caf(to_caf(original)), original);
}

TEST(ErrorsThroughActors, MendFactsThatAreNotUtf8RatherThanThrow) {
  const auto back = from_caf(to_caf({ec::database_error, "raw \xff", {{"detail", "raw \xff"}}}));
  EXPECT_EQ(back.code(), ec::database_error);
  EXPECT_EQ(back.message(), "raw \xff");
  EXPECT_THAT(std::string{back.fact("detail")}, HasSubstr("raw "));
}

TEST(ErrorsThroughActors, ReadAMissingReasonAsAFaultOfOurs) {
  EXPECT_EQ(from_caf(caf::error{}).code(), ec::internal);
}

TEST(ErrorsThroughActors, ReadACodeWithoutText) {
  const auto back = from_caf(caf::make_error(ec::timeout));
  EXPECT_EQ(back.code(), ec::timeout);
  EXPECT_EQ(back.message(), "timeout");
}

TEST(ErrorsThroughActors, ReadFactsThatAreNoneAsNoFacts) {
  for (const auto* facts : {"", "no json", "[1,2]", "{\"a\":1}", "[[\"only one\"]]", "[[1,2]]", "null"}) {
    const auto back = from_caf(caf::make_error(ec::conflict, std::string{"text"}, std::string{facts}));
    EXPECT_EQ(back.code(), ec::conflict) << facts;
    EXPECT_EQ(back.message(), "text") << facts;
    EXPECT_TRUE(back.context().empty()) << facts;
  }
}

TEST(ErrorsThroughActors, SayWhatTheActorSystemMeant) {
  EXPECT_EQ(from_caf(caf::make_error(caf::sec::request_timeout)).code(), ec::timeout);
  EXPECT_EQ(from_caf(caf::make_error(caf::sec::request_receiver_down)).code(), ec::unavailable);
  EXPECT_EQ(from_caf(caf::make_error(caf::sec::unexpected_message)).code(), ec::internal);
  EXPECT_THAT(from_caf(caf::make_error(caf::sec::unexpected_message)).message(), HasSubstr("unexpected_message"));
  EXPECT_EQ(from_caf(caf::make_error(caf::exit_reason::user_shutdown)).code(), ec::unavailable);
  EXPECT_EQ(from_caf(caf::make_error(caf::exit_reason::kill)).code(), ec::unavailable);
}

}  // namespace
}  // namespace streamspace
