#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/shared/log_limit.hpp>
#include <streamspace/plugins/builtin/shared/retention.hpp>

namespace streamspace::builtin {
namespace {

TEST(Retention, SaysBeforeWhatRowsMayGo) {
  const auto now = parse_rfc3339("2026-03-29T12:00:00Z").value();
  EXPECT_EQ(retention(7, 10).cutoff(now), parse_rfc3339("2026-03-22T12:00:00Z"));
  EXPECT_EQ(retention(0, 10).cutoff(now), std::nullopt);
}

TEST(Retention, IsDueAfterSoManyEvents) {
  const auto now = parse_rfc3339("2026-03-29T12:00:00Z").value();
  retention r{7, 3};
  std::string due;
  for (int i = 0; i < 7; ++i) due += r.after_event(now) ? 'x' : '.';
  EXPECT_EQ(due, "..x..x.");
}

TEST(LogLimit, LetsALineThroughInAWhileAndCounts) {
  const auto start = log_limit::clock::time_point{} + std::chrono::hours{1};
  log_limit limit{std::chrono::seconds{10}};
  EXPECT_EQ(limit.count(start), 1U);
  EXPECT_EQ(limit.count(start + std::chrono::seconds{1}), std::nullopt);
  EXPECT_EQ(limit.count(start + std::chrono::milliseconds{9'999}), std::nullopt);
  EXPECT_EQ(limit.count(start + std::chrono::seconds{10}), 3U);
  EXPECT_EQ(limit.count(start + std::chrono::seconds{19}), std::nullopt);
  EXPECT_EQ(limit.count(start + std::chrono::seconds{60}), 2U);
}

}  // namespace
}  // namespace streamspace::builtin
