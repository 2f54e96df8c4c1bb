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

struct number {
  std::unique_ptr<int> value;
  static std::size_t bytes() { return 1; }
  int& operator*() const { return *value; }
};

void fill(turn_batch<number>& batch, int from, int to) {
  chunk_queue<number> items{64};
  for (int i = from; i <= to; ++i) items.push_back({std::make_unique<int>(i)});
  batch.refill([&](auto emptied) { return items.take_chunk(std::move(emptied)); });
}

std::vector<int> numbers_of(const std::vector<number>& items) {
  std::vector<int> all;
  for (const auto& item : items) all.push_back(*item);
  return all;
}

TEST(TurnBatch, BeginsItsItemsInOrderUntilTheEnd) {
  turn_batch<number> batch;
  EXPECT_EQ(batch.next(), nullptr);
  fill(batch, 1, 2);
  EXPECT_EQ(**batch.next(), 1);
  EXPECT_EQ(**batch.next(), 2);
  EXPECT_EQ(batch.next(), nullptr);
  fill(batch, 3, 3);
  EXPECT_EQ(**batch.next(), 3);
}

TEST(TurnBatch, GivesBackOnlyWhatIsNotBegun) {
  turn_batch<number> batch;
  fill(batch, 1, 4);
  auto* begun = batch.next();
  EXPECT_THAT(numbers_of(batch.take_back()), ElementsAre(2, 3, 4));
  EXPECT_EQ(**begun, 1) << "what runs stays with the consumer";
  EXPECT_EQ(batch.next(), nullptr);
  EXPECT_THAT(batch.take_back(), IsEmpty());
}

TEST(TurnBatch, HasNothingToGiveBackPastItsEnd) {
  turn_batch<number> batch;
  fill(batch, 1, 1);
  batch.next();
  batch.next();
  batch.next();
  EXPECT_THAT(batch.take_back(), IsEmpty());
  fill(batch, 2, 2);
  EXPECT_EQ(**batch.next(), 2);
}

TEST(TurnBatch, HandsEachItemToOneOfBothSides) {
  constexpr int rounds = 300;
  constexpr int items = 64;
  turn_batch<number> batch;
  std::atomic<int> begun{0};
  std::atomic<bool> over{false};
  int taken_back = 0;
  std::jthread other{[&] {
    while (!over)
      for (const auto& item : batch.take_back()) taken_back += *item;
  }};
  for (int round = 0; round < rounds; ++round) {
    chunk_queue<number> all{items};
    for (int i = 0; i < items; ++i) all.push_back({std::make_unique<int>(1)});
    batch.refill([&](auto emptied) { return all.take_chunk(std::move(emptied)); });
    while (auto* item = batch.next()) begun += *std::exchange(item->value, nullptr);
  }
  over = true;
  other.join();
  EXPECT_EQ(begun + taken_back, rounds * items);
}

}  // namespace
}  // namespace streamspace
