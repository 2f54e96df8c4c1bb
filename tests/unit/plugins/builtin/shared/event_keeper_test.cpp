#include <gmock/gmock.h>

#include <streamspace/plugins/builtin/shared/event_keeper.hpp>

namespace streamspace::builtin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const timestamp noon = parse_rfc3339("2026-03-29T12:00:00Z").value();

class EventKeeper : public ::testing::Test {
 protected:
  event_keeper<int> make(int retention_days) {
    return {{[this](int i) {
               if (away) throw error{ec::database_unreachable, "gone"};
               rows.push_back(i);
             },
             [this](timestamp cutoff) {
               cutoffs.push_back(cutoff);
               return std::size_t{1};
             }},
            retention_days};
  }

  bool away = false;
  std::vector<int> rows;
  std::vector<timestamp> cutoffs;
  std::vector<log_record> lines;
  plugin_logger log{"audit", [this](log_record r) { lines.push_back(std::move(r)); },
                    std::make_shared<log_threshold>(log_level::debug)};
};

TEST_F(EventKeeper, WritesWhatWaitedBeforeWhatComes) {
  auto keeper = make(0);
  away = true;
  EXPECT_THROW(keeper.keep(log, 1, noon), error);
  EXPECT_THROW(keeper.keep(log, 2, noon), error);
  EXPECT_EQ(keeper.waiting(), 2U);
  away = false;
  keeper.keep(log, 3, noon);
  EXPECT_THAT(rows, ElementsAre(1, 2, 3));
  EXPECT_EQ(keeper.waiting(), 0U);
}

TEST_F(EventKeeper, CatchesUpInSlices) {
  auto keeper = make(0);
  away = true;
  for (int i = 0; i < 250; ++i) EXPECT_THROW(keeper.keep(log, i, noon), error);
  away = false;
  keeper.keep(log, 250, noon);
  EXPECT_EQ(rows.size(), 100U) << "so that one event does not hold the plugin for long";
  keeper.keep(log, 251, noon);
  keeper.keep(log, 252, noon);
  EXPECT_EQ(rows.size(), 253U);
}

TEST_F(EventKeeper, WritesTheRestAtTheEndOrSaysWhatItCannot) {
  auto keeper = make(0);
  away = true;
  for (int i = 0; i < 250; ++i) EXPECT_THROW(keeper.keep(log, i, noon), error);
  keeper.finish(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].level, log_level::error);
  EXPECT_EQ(lines[0].data["waiting"], 250);
  away = false;
  keeper.finish(log);
  EXPECT_EQ(rows.size(), 250U);
}

TEST_F(EventKeeper, SaysWhenItGivesUpTheOldest) {
  auto keeper = make(0);
  away = true;
  for (int i = 0; i <= 10'000; ++i) EXPECT_THROW(keeper.keep(log, i, noon), error);
  EXPECT_EQ(keeper.waiting(), 10'000U);
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(EventKeeper, DropsOldRowsAtTheBeginningAndAfterEveryThousandEvents) {
  auto keeper = make(30);
  keeper.begin(log, noon);
  EXPECT_THAT(cutoffs, ElementsAre(noon - std::chrono::days{30}));
  for (int i = 0; i < 2'500; ++i) keeper.keep(log, i, noon);
  EXPECT_EQ(cutoffs.size(), 3U);
}

TEST_F(EventKeeper, DropsNothingWithoutARetention) {
  auto keeper = make(0);
  keeper.begin(log, noon);
  for (int i = 0; i < 2'500; ++i) keeper.keep(log, i, noon);
  EXPECT_THAT(cutoffs, IsEmpty());
}

}  // namespace
}  // namespace streamspace::builtin
