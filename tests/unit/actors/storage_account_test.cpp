#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <streamspace/actors/storage_account.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;

class StorageAccount : public ::testing::Test {
 protected:
  void measure(std::uint64_t bytes) { account.measured(account.begin_measuring(now), bytes, now); }
  bool write(std::int64_t growth) {
    auto room = account.take_room(growth);
    if (room) room->use();
    return room.has_value();
  }
  bool write_quickly(std::uint64_t bytes) {
    auto room = account.take_room_quickly(bytes);
    if (room) room->use();
    return room.has_value();
  }

  storage_account account{1'600};
  storage_account::clock::time_point now{1h};
};

TEST_F(StorageAccount, GivesNoRoomBeforeItIsMeasured) {
  EXPECT_FALSE(account.known());
  EXPECT_TRUE(account.may_be_less(now));
  EXPECT_FALSE(write_quickly(1));
  EXPECT_FALSE(write(1));
  measure(0);
  EXPECT_TRUE(account.known());
  EXPECT_TRUE(write_quickly(1));
}

TEST_F(StorageAccount, GivesAllOfTheQuotaAndNotMore) {
  measure(600);
  EXPECT_FALSE(write(1'001));
  EXPECT_TRUE(write(1'000));
  EXPECT_FALSE(write(1));
  EXPECT_EQ(account.used(), 1'600U);
}

TEST_F(StorageAccount, KeepsWhatIsNearTheQuotaForThoseWhoKnowExactly) {
  measure(0);
  EXPECT_FALSE(write_quickly(1'501));
  EXPECT_TRUE(write_quickly(1'500));
  EXPECT_FALSE(write_quickly(1));
  EXPECT_TRUE(write(1));
}

TEST_F(StorageAccount, AlwaysTakesWhatDoesNotGrow) {
  measure(5'000);
  EXPECT_FALSE(write(1));
  EXPECT_TRUE(write(0));
  EXPECT_TRUE(write(-100));
  EXPECT_EQ(account.used(), 4'900U);
}

TEST_F(StorageAccount, CountsWhatIsUnderWay) {
  measure(0);
  auto one = account.take_room(1'000);
  ASSERT_TRUE(one);
  EXPECT_FALSE(account.take_room(1'000));
  one.reset();
  EXPECT_TRUE(write(1'000)) << "what came to nothing gave its room back";
}

TEST_F(StorageAccount, FreesWhatIsRemoved) {
  measure(1'600);
  account.free(100);
  EXPECT_TRUE(write(100));
  account.free(1'000'000);
  EXPECT_EQ(account.used(), 0U) << "never less than nothing";
}

TEST_F(StorageAccount, CountsWhatIsWrittenDuringAMeasurementThoughItMayBeInIt) {
  measure(0);
  const auto begun = account.begin_measuring(now);
  EXPECT_TRUE(write(300));
  account.measured(begun, 100, now);
  EXPECT_EQ(account.used(), 400U);
}

TEST_F(StorageAccount, KnowsWhetherAMeasurementMayFindLess) {
  measure(100);
  EXPECT_FALSE(account.may_be_less(now));
  EXPECT_TRUE(write(10));
  EXPECT_FALSE(account.may_be_less(now)) << "that is known exactly";
  EXPECT_TRUE(write_quickly(10));
  EXPECT_TRUE(account.may_be_less(now));
  measure(120);
  EXPECT_FALSE(account.may_be_less(now));
  now += 1s;
  EXPECT_TRUE(account.may_be_less(now)) << "others may have removed something";
  account.forget();
  EXPECT_FALSE(account.known());
}

TEST_F(StorageAccount, StillMayBeLessWhenSomethingWasWrittenQuicklyDuringTheMeasurement) {
  measure(0);
  const auto begun = account.begin_measuring(now);
  EXPECT_TRUE(write_quickly(10));
  account.measured(begun, 10, now);
  EXPECT_TRUE(account.may_be_less(now));
}

TEST_F(StorageAccount, IsMeasuredAgainAfterChangesAndNotTooOften) {
  EXPECT_FALSE(account.to_be_measured(now)) << "nobody has written yet";
  const auto begun = account.begin_measuring(now);
  now += 100ms;
  account.measured(begun, 0, now);
  now += 1h;
  EXPECT_FALSE(account.to_be_measured(now)) << "nothing has changed";
  const auto again = account.begin_measuring(now);
  now += 100ms;
  account.measured(again, 0, now);
  account.free(1);
  now += 4s;
  EXPECT_FALSE(account.to_be_measured(now));
  now += 1s;
  EXPECT_TRUE(account.to_be_measured(now));
}

TEST_F(StorageAccount, CountsTablesAgainstTheSameQuota) {
  measure(500);
  account.set_tables(1'000);
  EXPECT_FALSE(write(101));
  EXPECT_TRUE(write(100));
  account.set_tables(0);
  EXPECT_TRUE(write(1'000));
}

TEST_F(StorageAccount, SaysHowMuchIsUsedAndAllowed) {
  measure(700);
  account.set_tables(900);
  const auto refused = account.refusal("p", 33);
  EXPECT_EQ(refused.code(), ec::quota_exceeded);
  EXPECT_EQ(refused.fact("used"), "1600");
  EXPECT_EQ(refused.fact("quota"), "1600");
  EXPECT_EQ(refused.fact("needed"), "33");
  for (const auto* part : {"plugin p", "1600", "900", "33", "remove"})
    EXPECT_NE(refused.message().find(part), std::string::npos) << part;
}

TEST_F(StorageAccount, IsExactWhoeverWritesAtTheSameTime) {
  measure(0);
  std::vector<std::jthread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([this] {
      for (int i = 0; i < 1'000; ++i)
        if (write(1)) account.free(1);
    });
  writers.clear();
  EXPECT_EQ(account.used(), 0U);
}

}  // namespace
}  // namespace streamspace
