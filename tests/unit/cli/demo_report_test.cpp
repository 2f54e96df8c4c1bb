#include <cli/demo_report.hpp>
#include <gmock/gmock.h>

#include "demo_scene.hpp"

namespace streamspace::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

demo_outcome outcome_of(demo_scene s) {
  demo_outcome outcome;
  outcome.size = s.size;
  outcome.clients = 2;
  outcome.url = "http://127.0.0.1:1";
  outcome.data_folder = "/tmp/x";
  outcome.start_up = milliseconds{1'500};
  outcome.checks = judge(s.size, s.record, s.found);
  outcome.record = std::move(s.record);
  outcome.found = std::move(s.found);
  return outcome;
}

TEST(DemoReport, PercentileIsTheNearestRank) {
  std::vector<duration> values;
  for (int i = 100; i > 0; --i) values.emplace_back(i);
  EXPECT_EQ(percentile(values, 0.5).count(), 50);
  EXPECT_EQ(percentile(values, 0.99).count(), 99);
  EXPECT_EQ(percentile(values, 1).count(), 100);
  EXPECT_EQ(percentile(values, 0).count(), 1);
  EXPECT_EQ(percentile({duration{7}}, 0.5).count(), 7);
  EXPECT_EQ(percentile({}, 0.5).count(), 0);
}

TEST(DemoReport, CountsAndTimesTheRequestsOfAStep) {
  auto s = good_scene();
  for (auto& call : s.record.calls)
    if (call.step == demo_step::login && call.subject == "u0") {
      call.succeeded = false;
      call.took = milliseconds{70};
    }
  const auto l = latency_of(s.record, demo_step::login);
  EXPECT_EQ(l.count, 3u);
  EXPECT_EQ(l.failed, 1u);
  EXPECT_DOUBLE_EQ(l.p50_ms, 10);
  EXPECT_DOUBLE_EQ(l.max_ms, 70);
}

TEST(DemoReport, HasNoLatencyOfWhatWasNotDone) {
  EXPECT_EQ(latency_of({}, demo_step::wake).count, 0u);
}

TEST(DemoReport, RatesAreOverTheWholeTime) {
  const auto outcome = outcome_of(good_scene());
  EXPECT_NEAR(requests_per_second(outcome.record), 33 / 0.33, 1e-6);
  EXPECT_NEAR(events_per_second(outcome), 33 / 0.37, 1e-6);
  EXPECT_EQ(requests_per_second({}), 0);
}

TEST(DemoReport, TellsThatAllChecksHold) {
  const auto text = to_text(outcome_of(good_scene()));
  EXPECT_THAT(text, HasSubstr("All 13 checks hold."));
  EXPECT_THAT(text, HasSubstr("delete session"));
  EXPECT_THAT(text, Not(HasSubstr("FAILED")));
}

TEST(DemoReport, TellsWhichCheckFailed) {
  auto s = good_scene();
  s.found.wrong_signatures = 2;
  const auto text = to_text(outcome_of(s));
  EXPECT_THAT(text, HasSubstr("FAILED  webhook signed every delivery"));
  EXPECT_THAT(text, HasSubstr("1 of 13 checks FAILED."));
}

TEST(DemoReport, WritesTheOutcomeForPrograms) {
  const auto document = to_document(outcome_of(good_scene()));
  EXPECT_EQ(document.at("ok"), true);
  ASSERT_EQ(document.at("checks").size(), 13u);
  for (const auto& check : document.at("checks")) {
    EXPECT_TRUE(check.at("name").is_string());
    EXPECT_EQ(check.at("ok"), true);
    EXPECT_TRUE(check.at("detail").is_string());
  }
  const auto& figures = document.at("figures");
  EXPECT_EQ(figures.at("requests"), 33);
  EXPECT_EQ(figures.at("latency_ms").at("wake").at("count"), 4);
  EXPECT_EQ(figures.at("plugins").at("demo-thrower").at("failed"), 33);
}

TEST(DemoReport, IsNotOkWhenACheckFailed) {
  auto s = good_scene();
  s.found.wrong_signatures = 2;
  EXPECT_EQ(to_document(outcome_of(s)).at("ok"), false);
}

TEST(DemoReport, SaysWhyTheDemoCouldNotBeRun) {
  const auto document = to_document_of_failure("PostgreSQL is not installed");
  EXPECT_EQ(document.at("ok"), false);
  EXPECT_EQ(document.at("checks").at(0).at("detail"), "PostgreSQL is not installed");
  EXPECT_TRUE(document.at("figures").is_object());
}

}  // namespace
}  // namespace streamspace::testing
