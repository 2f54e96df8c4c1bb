#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/webhook/retry_policy.hpp>

namespace streamspace::builtin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const retry_policy policy{.max_attempts = 5, .first_pause = milliseconds{1'000}, .longest_pause = milliseconds{60'000}};

TEST(RetryPolicy, JudgesByTheStatus) {
  for (const int status : {200, 201, 202, 204, 299}) EXPECT_EQ(policy.judge({status}, 1), verdict::delivered) << status;
  for (const int status : {0, 429, 500, 502, 503, 504, 599})
    EXPECT_EQ(policy.judge({status}, 1), verdict::retry) << status;
  for (const int status : {100, 301, 302, 307, 400, 401, 403, 404, 410, 413, 422, 499})
    EXPECT_EQ(policy.judge({status}, 1), verdict::failed) << status;
}

TEST(RetryPolicy, EndsWithTheLastAttempt) {
  EXPECT_EQ(policy.judge({503}, 4), verdict::retry);
  EXPECT_EQ(policy.judge({503}, 5), verdict::failed);
  EXPECT_EQ(policy.judge({503}, 6), verdict::failed);
  EXPECT_EQ(policy.judge({200}, 5), verdict::delivered);
}

TEST(RetryPolicy, DoublesThePauseUpToTheLongest) {
  const std::vector<int> whole{1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000};
  for (int attempts = 1; attempts <= 8; ++attempts) {
    const auto expected = whole[static_cast<std::size_t>(attempts - 1)];
    EXPECT_EQ(policy.pause_after(attempts, {503}, 0), milliseconds{expected / 2}) << attempts;
    EXPECT_EQ(policy.pause_after(attempts, {503}, 0.5), milliseconds{expected * 3 / 4}) << attempts;
    EXPECT_LE(policy.pause_after(attempts, {503}, 0.999999), milliseconds{expected}) << attempts;
  }
  EXPECT_EQ(policy.pause_after(1'000'000, {503}, 0), milliseconds{30'000});
}

TEST(RetryPolicy, WaitsAtLeastAsLongAsTheReceiverAsksUpToAnHour) {
  const auto asked = [](int s) { return attempt_result{429, "", seconds{s}}; };
  EXPECT_EQ(policy.pause_after(1, asked(7), 0), seconds{7});
  EXPECT_EQ(policy.pause_after(4, asked(1), 0), seconds{4}) << "its own pause is longer";
  EXPECT_EQ(policy.pause_after(1, asked(86'400), 0), seconds{3'600});
}

TEST(Describe, SaysWhatHappenedInAFewWords) {
  EXPECT_EQ(describe({503}), "HTTP 503");
  EXPECT_EQ(describe({301}), "HTTP 301, a redirect, which is not followed");
  EXPECT_EQ(describe({0, "Connection refused"}), "Connection refused");
  EXPECT_EQ(describe({}), "no answer");
}

}  // namespace
}  // namespace streamspace::builtin
