#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/turn_batch.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointee;

void fill(turn_batch<std::unique_ptr<int>>& batch, int from, int to) {
  batch.refill([&](auto& items) {
    for (int i = from; i <= to; ++i) items.push_back(std::make_unique<int>(i));
  });
}

TEST(TurnBatch, BeginsItsItemsInOrderUntilTheEnd) {
  turn_batch<std::unique_ptr<int>> batch;
  EXPECT_EQ(batch.next(), nullptr);
  fill(batch, 1, 2);
  EXPECT_THAT(*batch.next(), Pointee(1));
  EXPECT_THAT(*batch.next(), Pointee(2));
  EXPECT_EQ(batch.next(), nullptr);
  fill(batch, 3, 3);
  EXPECT_THAT(*batch.next(), Pointee(3));
}

TEST(TurnBatch, GivesBackOnlyWhatIsNotBegun) {
  turn_batch<std::unique_ptr<int>> batch;
  fill(batch, 1, 4);
  auto* begun = batch.next();
  EXPECT_THAT(batch.take_back(), ElementsAre(Pointee(2), Pointee(3), Pointee(4)));
  EXPECT_THAT(*begun, Pointee(1)) << "what runs stays with the consumer";
  EXPECT_EQ(batch.next(), nullptr);
  EXPECT_THAT(batch.take_back(), IsEmpty());
}

TEST(TurnBatch, HasNothingToGiveBackPastItsEnd) {
  turn_batch<std::unique_ptr<int>> batch;
  fill(batch, 1, 1);
  batch.next();
  batch.next();
  batch.next();
  EXPECT_THAT(batch.take_back(), IsEmpty());
  fill(batch, 2, 2);
  EXPECT_THAT(*batch.next(), Pointee(2));
}

TEST(TurnBatch, HandsEachItemToOneOfBothSides) {
  constexpr int rounds = 300;
  constexpr int items = 64;
  turn_batch<std::unique_ptr<int>> batch;
  std::atomic<int> begun{0};
  std::atomic<bool> over{false};
  int taken_back = 0;
  std::jthread other{[&] {
    while (!over)
      for (const auto& item : batch.take_back()) taken_back += *item;
  }};
  for (int round = 0; round < rounds; ++round) {
    batch.refill([](auto& all) {
      for (int i = 0; i < items; ++i) all.push_back(std::make_unique<int>(1));
    });
    while (auto* item = batch.next()) begun += *std::exchange(*item, nullptr);
  }
  over = true;
  other.join();
  EXPECT_EQ(begun + taken_back, rounds * items);
}

}  // namespace
}  // namespace streamspace
