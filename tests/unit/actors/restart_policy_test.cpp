#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/restart_policy.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const timestamp start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 29};

restart_limits without_jitter() {
  return {.most = 3,
          .within = 60s,
          .first_delay = 100ms,
          .longest_delay = 1s,
          .factor = 2,
          .jitter = 0,
          .stable_after = 10s};
}

TEST(RestartPolicy, RestartsUntilTheCrashesWithinTheWindowAreTooMany) {
  restart_policy policy{without_jitter(), 1};
  EXPECT_TRUE(policy.crashed(start).restart);
  EXPECT_TRUE(policy.crashed(start + 1s).restart);
  EXPECT_TRUE(policy.crashed(start + 2s).restart);
  EXPECT_EQ(policy.crashed(start + 60s), (restart_policy::verdict{false, 0ms}));
  EXPECT_FALSE(policy.crashed(start + 61s).restart) << "it stays so";
}

TEST(RestartPolicy, CountsACrashThatIsAsOldAsTheWindow) {
  restart_policy policy{without_jitter(), 1};
  for (const auto at : {0s, 10s, 20s}) policy.crashed(start + at);
  restart_policy later = policy;
  EXPECT_FALSE(policy.crashed(start + 60s).restart);
  EXPECT_TRUE(later.crashed(start + 60s + 1us).restart);
}

TEST(RestartPolicy, RestartsForeverWhatCrashesSeldom) {
  restart_policy policy{without_jitter(), 1};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(policy.crashed(start + i * 20s + i * 1ms).restart) << i;
  EXPECT_THAT(policy.crashes(), SizeIs(3));
}

TEST(RestartPolicy, RestartsNothingWhenNoCrashIsAllowed) {
  auto limits = without_jitter();
  limits.most = 0;
  EXPECT_FALSE(restart_policy(limits, 1).crashed(start).restart);
}

TEST(RestartPolicy, WaitsLongerFromCrashToCrashUpToTheLongestDelay) {
  auto limits = without_jitter();
  limits.most = 100;
  restart_policy policy{limits, 1};
  std::vector<milliseconds> delays;
  for (int i = 0; i < 6; ++i) delays.push_back(policy.crashed(start + i * 9s).delay);
  EXPECT_THAT(delays, ElementsAre(100ms, 200ms, 400ms, 800ms, 1s, 1s));
}

TEST(RestartPolicy, BeginsAnewWithItsDelaysAfterAStableTime) {
  auto limits = without_jitter();
  limits.most = 100;
  restart_policy policy{limits, 1};
  policy.crashed(start);
  EXPECT_EQ(policy.crashed(start + 10s - 1us).delay, 200ms);
  EXPECT_EQ(policy.crashed(start + 20s - 1us).delay, 100ms);
  EXPECT_EQ(policy.crashed(start + 21s).delay, 200ms) << "the older ones are in the window, yet not of this row";
}

TEST(RestartPolicy, KeepsItsLongestDelayWhileARowOutlastsTheWindow) {
  auto limits = without_jitter();
  limits.within = 1s;
  restart_policy policy{limits, 1};
  for (int i = 0; i < 500; ++i) policy.crashed(start + i * 9s);
  EXPECT_EQ(policy.crashed(start + 500 * 9s).delay, 1s);
  EXPECT_THAT(policy.crashes(), SizeIs(64)) << "memory is bounded";
}

TEST(RestartPolicy, VariesDelaysWithinTheJitterAsTheSeedSays) {
  auto limits = without_jitter();
  limits.most = 1000;
  limits.first_delay = limits.longest_delay = 1s;
  limits.jitter = 0.2;
  const auto delays = [&](std::uint64_t seed) {
    restart_policy policy{limits, seed};
    std::vector<milliseconds> all;
    for (int i = 0; i < 200; ++i) all.push_back(policy.crashed(start + i * 1s).delay);
    return all;
  };
  const auto some = delays(1);
  EXPECT_EQ(delays(1), some);
  EXPECT_NE(delays(2), some);
  EXPECT_GE(*std::min_element(some.begin(), some.end()), 800ms);
  EXPECT_LT(*std::min_element(some.begin(), some.end()), 820ms);
  EXPECT_EQ(*std::max_element(some.begin(), some.end()), 1s) << "the longest delay holds with the jitter too";

  limits.longest_delay = 2s;
  limits.factor = 1;
  const auto below = delays(1);
  EXPECT_THAT(*std::max_element(below.begin(), below.end()), ::testing::AllOf(Gt(1180ms), ::testing::Le(1200ms)));
}

TEST(RestartPolicy, GoesOnOverARestartOfTheHost) {
  restart_policy before{without_jitter(), 1};
  for (const auto at : {0s, 1s}) before.crashed(start + at);
  restart_policy after{without_jitter(), 2};
  auto kept = before.crashes();
  EXPECT_THAT(kept, ElementsAre(start, start + 1s));
  std::reverse(kept.begin(), kept.end());
  after.restore(kept);
  EXPECT_THAT(after.crashes(), ElementsAre(start, start + 1s));
  EXPECT_EQ(after.crashed(start + 2s), (restart_policy::verdict{true, 400ms}));
  EXPECT_FALSE(after.crashed(start + 3s).restart);
}

TEST(RestartPolicy, RestoresNoMoreThanStillCounts) {
  restart_policy policy{without_jitter(), 1};
  policy.restore({start - 1h, start - 30s, start});
  EXPECT_THAT(policy.crashes(), ElementsAre(start - 30s, start));
  policy.restore({});
  EXPECT_THAT(policy.crashes(), IsEmpty());
}

TEST(RestartPolicy, ForgetsWhatItWasTold) {
  restart_policy policy{without_jitter(), 1};
  for (int i = 0; i < 4; ++i) policy.crashed(start);
  policy.forget();
  EXPECT_THAT(policy.crashes(), IsEmpty());
  EXPECT_EQ(policy.crashed(start), (restart_policy::verdict{true, 100ms}));
}

TEST(RestartPolicy, AgesCrashesOfAFutureThatTheClockWasSetBackFrom) {
  auto limits = without_jitter();
  limits.most = 8;
  restart_policy policy{limits, 1};
  policy.crashed(start + 24h);
  for (const auto at : {0s, 8s, 16s, 24s, 32s, 40s, 48s}) policy.crashed(start + at);
  EXPECT_EQ(policy.crashes().front(), start);
  EXPECT_FALSE(policy.crashed(start + 56s).restart) << "it counts as of the first crash after it";
  EXPECT_TRUE(policy.crashed(start + 64s).restart) << "and no longer than that one";
}

TEST(RestartLimits, PassThroughJson) {
  const restart_limits limits{.most = 7,
                              .within = 30s,
                              .first_delay = 5ms,
                              .longest_delay = 50ms,
                              .factor = 1.5,
                              .jitter = 0.5,
                              .stable_after = 51ms};
  const auto read = json(limits).get<restart_limits>();
  EXPECT_EQ(read, limits);
  EXPECT_EQ(json(restart_limits{}), json::parse(R"({"most": 5, "within_seconds": 60, "first_delay_ms": 100,
    "longest_delay_ms": 30000, "factor": 2.0, "jitter": 0.2, "stable_after_ms": 60000})"));
}

TEST(RestartLimits, OverrideOnlyWhatIsGiven) {
  restart_limits limits{.most = 7, .within = 30s};
  from_json(json{{"within_seconds", 10}, {"most", nullptr}, {"something_else", 1}}, limits);
  EXPECT_EQ(limits, (restart_limits{.most = 7, .within = 10s}));
}

struct fault_case {
  json in;
  const char* member;
};

class RestartLimitsFault : public ::testing::TestWithParam<fault_case> {};

TEST_P(RestartLimitsFault, NamesTheMemberAndChangesNothing) {
  restart_limits limits;
  const auto failed = testing::failure_of([&] { from_json(GetParam().in, limits); });
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), ec::invalid_argument);
  EXPECT_EQ(failed->fact("member"), GetParam().member);
  EXPECT_THAT(failed->message(), HasSubstr(GetParam().member));
  EXPECT_EQ(limits, restart_limits{});
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RestartLimitsFault,
    ::testing::Values(fault_case{{{"most", -1}}, "most"}, fault_case{{{"most", 1001}}, "most"},
                      fault_case{{{"most", "5"}}, "most"}, fault_case{{{"most", 2.5}}, "most"},
                      fault_case{{{"within_seconds", 0}}, "within_seconds"},
                      fault_case{{{"within_seconds", 86401}}, "within_seconds"},
                      fault_case{{{"first_delay_ms", -1}}, "first_delay_ms"},
                      fault_case{{{"first_delay_ms", 30001}}, "first_delay_ms"},
                      fault_case{{{"longest_delay_ms", 3'600'001}}, "longest_delay_ms"},
                      fault_case{{{"longest_delay_ms", 99}}, "first_delay_ms"}, fault_case{{{"factor", 0.5}}, "factor"},
                      fault_case{{{"factor", 11}}, "factor"}, fault_case{{{"jitter", 1.5}}, "jitter"},
                      fault_case{{{"jitter", true}}, "jitter"},
                      fault_case{{{"stable_after_ms", 30000}}, "stable_after_ms"},
                      fault_case{{{"longest_delay_ms", 60000}}, "stable_after_ms"},
                      fault_case{{{"stable_after_ms", 18446744073709551615ULL}}, "stable_after_ms"}));

TEST(RestartLimits, SayWhichRangeAMemberHas) {
  restart_limits limits;
  const auto message = [&](const json& in) { return testing::failure_of([&] { from_json(in, limits); })->message(); };
  EXPECT_EQ(message({{"most", 1001}}), "member 'most' must be an integer from 0 to 1000");
  EXPECT_EQ(message({{"jitter", -0.1}}), "member 'jitter' must be a number from 0 to 1");
  EXPECT_EQ(message({{"within_seconds", 0}}), "member 'within_seconds' must be an integer from 1 to 86400");
}

TEST(RestartLimits, MustBeAnObject) {
  restart_limits limits;
  const auto failed = testing::failure_of([&] { from_json(json::array(), limits); });
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
