#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/webhook/token_bucket.hpp>

namespace streamspace::builtin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const token_bucket::clock::time_point start = token_bucket::clock::time_point{} + std::chrono::hours{1};

/// How many tokens it gives when asked every millisecond for so long.
int taken(token_bucket& bucket, token_bucket::clock::time_point from, milliseconds length) {
  int count = 0;
  for (milliseconds at{0}; at < length; at += milliseconds{1}) count += bucket.try_take(from + at);
  return count;
}

TEST(TokenBucket, GivesTheBurstAtOnceThenTheRate) {
  token_bucket bucket{10, 5};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.try_take(start)) << i;
  EXPECT_FALSE(bucket.try_take(start));
  EXPECT_EQ(bucket.ready_at(), start + milliseconds{100});
  EXPECT_FALSE(bucket.try_take(start + milliseconds{99}));
  EXPECT_TRUE(bucket.try_take(start + milliseconds{100}));
  EXPECT_FALSE(bucket.try_take(start + milliseconds{100}));
}

TEST(TokenBucket, IsFullAgainAfterARestButNoFuller) {
  token_bucket bucket{10, 5};
  EXPECT_EQ(taken(bucket, start, milliseconds{1}), 1);
  EXPECT_EQ(taken(bucket, start + std::chrono::hours{24}, milliseconds{50}), 5);
}

TEST(TokenBucket, KeepsTheRateInTheLongRun) {
  token_bucket bucket{7, 7};
  EXPECT_EQ(taken(bucket, start, seconds{100}), 7 * 100 + 6);
}

TEST(TokenBucket, MayBeSlow) {
  token_bucket bucket{0.01, 1};
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start + seconds{99}));
  EXPECT_TRUE(bucket.try_take(start + seconds{100}));
}

TEST(TokenBucket, IsReadyWhenItSaysSo) {
  token_bucket bucket{3, 2};
  auto now = start;
  for (int i = 0; i < 1'000; ++i) {
    now = std::max(now, bucket.ready_at());
    ASSERT_TRUE(bucket.try_take(now)) << i;
  }
}

}  // namespace
}  // namespace streamspace::builtin
