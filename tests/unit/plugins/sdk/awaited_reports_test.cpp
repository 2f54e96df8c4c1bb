#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/plugins/sdk/awaited_reports.hpp>

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class kept_tasks final : public turn_port {
 public:
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  void run() {
    for (const auto& task : std::exchange(tasks, {})) task();
  }
  std::vector<std::function<void()>> tasks;
};

struct AwaitedReports : ::testing::Test {
  awaited_reports::callback<sync_report> expect(int number) {
    return awaited->expect<sync_report>([this, number](const sync_report&) { called.push_back(number); });
  }

  std::shared_ptr<kept_tasks> turns = std::make_shared<kept_tasks>();
  std::shared_ptr<awaited_reports> awaited = std::make_shared<awaited_reports>(turns);
  std::vector<int> called;
};

TEST_F(AwaitedReports, CallsEachInATurnInTheOrderOfTheReports) {
  const auto first = expect(1);
  const auto second = expect(2);
  second({});
  first({});
  EXPECT_THAT(called, IsEmpty());
  turns->run();
  EXPECT_THAT(called, ElementsAre(2, 1));
}

TEST_F(AwaitedReports, HandsOverTheReport) {
  std::vector<std::string> plugins;
  const auto bring =
      awaited->expect<sync_report>([&](const sync_report& report) { plugins.push_back(report.results.at(0).plugin); });
  sync_report report;
  report.results.resize(1);
  report.results[0].plugin = "p";
  bring(std::move(report));
  turns->run();
  EXPECT_THAT(plugins, ElementsAre("p"));
}

TEST_F(AwaitedReports, CallsNothingThatWasGivenUp) {
  const auto before = expect(1);
  const auto after = expect(2);
  before({});
  awaited->give_up();
  after({});
  turns->run();
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(AwaitedReports, DestroysWhatIsGivenUpThoughItsReportIsStillToCome) {
  const auto held = std::make_shared<int>(0);
  const auto bring = awaited->expect<sync_report>([held](const sync_report&) {});
  EXPECT_EQ(held.use_count(), 2);
  awaited->give_up();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(AwaitedReports, MayBeGoneWhenAReportComes) {
  const auto queued = expect(1);
  const auto late = expect(2);
  queued({});
  awaited.reset();
  late({});
  turns->run();
  EXPECT_THAT(called, IsEmpty());
}

TEST_F(AwaitedReports, RefusesWhatIsMoreThanItsBoundUntilSomeWereCalled) {
  std::vector<awaited_reports::callback<sync_report>> all;
  for (std::size_t i = 0; i < awaited_reports::most; ++i) all.push_back(expect(0));
  EXPECT_EQ(failure_of([&] { expect(1); })->code(), ec::unavailable);
  all.front()({});
  EXPECT_EQ(failure_of([&] { expect(1); })->code(), ec::unavailable) << "it waits for its turn";
  turns->run();
  EXPECT_FALSE(failure_of([&] { expect(1); }));
}

}  // namespace
}  // namespace streamspace::testing
