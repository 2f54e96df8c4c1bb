#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/ring.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;

std::vector<int> drain(ring<int>& from) {
  std::vector<int> out;
  while (!from.empty()) out.push_back(from.pop_front());
  return out;
}

TEST(Ring, GivesItsItemsInTheOrderInWhichTheyCame) {
  ring<int> items;
  EXPECT_TRUE(items.empty());
  for (int i = 1; i <= 3; ++i) items.push_back(int{i});
  EXPECT_EQ(items.size(), 3U);
  EXPECT_EQ(items.front(), 1);
  EXPECT_THAT(drain(items), ElementsAre(1, 2, 3));
}

TEST(Ring, TakesItemsAtItsFrontToo) {
  ring<int> items;
  items.push_front(2);
  items.push_back(3);
  items.push_front(1);
  EXPECT_THAT(drain(items), ElementsAre(1, 2, 3));
}

TEST(Ring, DoublesWhenItIsFullAndKeepsTheOrderThoughItHasWrapped) {
  ring<int> items;
  items.push_back(0);
  const auto room = items.room();
  for (int i = 1; i < 5; ++i) items.push_back(int{i});
  for (int i = 0; i < 5; ++i) items.pop_front();
  const auto many = static_cast<int>(room) + 1;
  for (int i = 0; i < many; ++i) items.push_back(int{i});
  EXPECT_EQ(items.room(), 2 * room);
  for (int i = 0; i < many; ++i) ASSERT_EQ(items.pop_front(), i);
}

TEST(Ring, KeepsItsMemoryWhenItRunsEmptyUntilItIsToldToShrink) {
  ring<std::string> items;
  for (int i = 0; i < 100; ++i) items.push_back(std::to_string(i));
  const auto room = items.room();
  items.shrink();
  EXPECT_EQ(items.room(), room) << "there is something in it";
  items.clear();
  EXPECT_TRUE(items.empty());
  EXPECT_EQ(items.room(), room);
  items.shrink();
  EXPECT_EQ(items.room(), 0U);
  items.push_back("again");
  EXPECT_EQ(items.pop_front(), "again");
}

TEST(Ring, DestroysEachItemOnce) {
  auto counted = std::make_shared<int>(0);
  {
    ring<std::shared_ptr<int>> items;
    for (int i = 0; i < 40; ++i) items.push_back(std::shared_ptr<int>{counted});
    EXPECT_EQ(counted.use_count(), 41) << "growing has left no copies behind";
    items.pop_front();
    EXPECT_EQ(counted.use_count(), 40);
    ring<std::shared_ptr<int>> other;
    other.push_back(std::shared_ptr<int>{counted});
    other = std::move(items);
    EXPECT_EQ(counted.use_count(), 40) << "what it held before is gone";
    EXPECT_EQ(other.size(), 39U);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(Ring, SwapsWithAnother) {
  ring<int> one;
  ring<int> two;
  one.push_back(1);
  two.push_back(2);
  two.push_back(3);
  one.swap(two);
  EXPECT_THAT(drain(one), ElementsAre(2, 3));
  EXPECT_THAT(drain(two), ElementsAre(1));
}

struct alignas(64) aligned {
  int value = 0;
};

TEST(Ring, AlignsItsItems) {
  ring<aligned> items;
  for (int i = 0; i < 20; ++i) items.push_back(aligned{i});
  while (!items.empty()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&items.front()) % alignof(aligned), 0U);
    items.pop_front();
  }
}

TEST(Ring, DoesWhatADequeDoes) {
  std::minstd_rand random{20};
  ring<int> items;
  std::deque<int> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto what = random() % 16;
    if (what < 7 || model.empty()) {
      items.push_back(int{step});
      model.push_back(step);
    } else if (what < 9) {
      items.push_front(int{step});
      model.push_front(step);
    } else {
      ASSERT_EQ(items.pop_front(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(items.size(), model.size());
    if (!model.empty()) {
      ASSERT_EQ(items.front(), model.front());
    }
  }
}

}  // namespace
}  // namespace streamspace
