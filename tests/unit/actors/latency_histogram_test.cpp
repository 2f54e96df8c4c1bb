#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <streamspace/actors/latency_histogram.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(LatencyBuckets, FollowEachOtherWithoutGapsAndAreNarrow) {
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < latency_buckets::count; ++i) {
    const auto last = latency_buckets::last_of(i);
    ASSERT_LE(first, last);
    ASSERT_EQ(latency_buckets::index_of(first), i);
    ASSERT_EQ(latency_buckets::index_of(last), i);
    ASSERT_LE(static_cast<double>(last - first), 0.0625 * static_cast<double>(first)) << first;
    first = last + 1;
  }
  EXPECT_EQ(first - 1, latency_buckets::longest);
  EXPECT_GT(nanoseconds{static_cast<std::int64_t>(latency_buckets::longest)}, 1h);
}

TEST(LatencyHistogram, IsEmptyAtFirst) {
  const auto s = latency_histogram{}.snapshot();
  EXPECT_EQ(s.count, 0U);
  EXPECT_EQ(s.sum, 0ns);
  EXPECT_EQ(s.max, 0ns);
  EXPECT_EQ(s.quantile(0.99), 0ns);
}

TEST(LatencyHistogram, TellsCountSumAndMaximumExactly) {
  latency_histogram h;
  for (const auto latency : {3ns, 1000ns, 1'000'003ns}) h.record(latency);
  const auto s = h.snapshot();
  EXPECT_EQ(s.count, 3U);
  EXPECT_EQ(s.sum, 1'001'006ns);
  EXPECT_EQ(s.max, 1'000'003ns);
}

TEST(LatencyHistogram, TellsSmallLatenciesExactly) {
  latency_histogram h;
  for (int i = 1; i <= 10; ++i) h.record(nanoseconds{i});
  const auto s = h.snapshot();
  EXPECT_EQ(s.quantile(0), 1ns);
  EXPECT_EQ(s.quantile(0.1), 1ns);
  EXPECT_EQ(s.quantile(0.5), 5ns);
  EXPECT_EQ(s.quantile(0.51), 6ns);
  EXPECT_EQ(s.quantile(1), 10ns);
}

TEST(LatencyHistogram, CountsWhatIsOutOfRangeAtItsEnds) {
  latency_histogram h;
  h.record(-5ns);
  h.record(5h);
  const auto s = h.snapshot();
  EXPECT_EQ(s.count, 2U);
  EXPECT_EQ(s.sum, 5h);
  EXPECT_EQ(s.quantile(0.5), 0ns);
  EXPECT_EQ(s.quantile(1), 5h);
}

TEST(LatencyHistogram, IsAtMostOneSixteenthTooHigh) {
  std::mt19937_64 random{20260329};
  std::vector<std::int64_t> all;
  latency_histogram h;
  std::lognormal_distribution<> spread{12, 4};
  for (int i = 0; i < 50'000; ++i) {
    all.push_back(static_cast<std::int64_t>(std::min(spread(random), 3.6e12)));
    h.record(nanoseconds{all.back()});
  }
  std::sort(all.begin(), all.end());
  const auto s = h.snapshot();
  for (const double q : {0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size())));
    const auto exact = all[rank - 1];
    EXPECT_GE(s.quantile(q).count(), exact) << q;
    EXPECT_LE(static_cast<double>(s.quantile(q).count()), 1.0625 * static_cast<double>(exact)) << q;
  }
}

TEST(LatencyHistogram, MergesAsIfOneHadRecordedAll) {
  latency_histogram a;
  latency_histogram b;
  latency_histogram both;
  for (int i = 0; i < 1000; ++i) {
    const nanoseconds latency{i * i * 7};
    (i % 3 ? a : b).record(latency);
    both.record(latency);
  }
  auto merged = a.snapshot();
  merged.merge(b.snapshot());
  const auto whole = both.snapshot();
  EXPECT_EQ(merged.count, whole.count);
  EXPECT_EQ(merged.sum, whole.sum);
  EXPECT_EQ(merged.max, whole.max);
  EXPECT_EQ(merged.buckets, whole.buckets);
}

TEST(LatencyHistogram, IsReadWhileItIsWritten) {
  latency_histogram h;
  constexpr std::uint64_t total = 100'000;
  std::thread writer{[&] {
    for (std::uint64_t i = 0; i < total; ++i) h.record(nanoseconds{static_cast<std::int64_t>(i)});
  }};
  std::uint64_t seen = 0;
  while (seen < total) {
    const auto s = h.snapshot();
    ASSERT_GE(s.count, seen);
    seen = s.count;
  }
  writer.join();
  EXPECT_EQ(h.snapshot().sum, nanoseconds{total * (total - 1) / 2});
}

TEST(LatencyHistogram, SummarizesWhatItHolds) {
  latency_histogram h;
  for (int i = 1; i <= 10; ++i) h.record(nanoseconds{i});
  EXPECT_EQ(h.snapshot().summary(), (latency_summary{10, 55ns, 5ns, 10ns, 10ns}));
  EXPECT_EQ(latency_histogram{}.snapshot().summary(), latency_summary{});
}

TEST(SharedLatencyHistogram, LosesNothingOfWhatManyThreadsRecord) {
  constexpr int threads = 4;
  constexpr std::int64_t each = 20'000;
  shared_latency_histogram h;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&h, t] {
        for (std::int64_t i = 0; i < each; ++i) h.record(nanoseconds{i * threads + t});
      });
  }
  constexpr auto total = threads * each;
  const auto s = h.snapshot();
  EXPECT_EQ(s.count, static_cast<std::uint64_t>(total));
  EXPECT_EQ(s.sum, nanoseconds{total * (total - 1) / 2});
  EXPECT_EQ(s.max, nanoseconds{total - 1});
}

}  // namespace
}  // namespace streamspace
