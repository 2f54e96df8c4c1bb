#include <cmath>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/memory_storage.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;

TEST(MemoryStorage, GivesBackWhatWasSet) {
  memory_storage storage;
  EXPECT_EQ(storage.get("absent"), std::nullopt);
  const json value{{"list", {1, "two", nullptr, 4.5, false}}};
  storage.set("k", value, std::nullopt);
  EXPECT_EQ(storage.get("k"), value);
  storage.set("k", nullptr, std::nullopt);
  ASSERT_TRUE(storage.get("k")) << "null is a value";
  EXPECT_TRUE(storage.get("k")->is_null());
}

TEST(MemoryStorage, RemovesAndClears) {
  memory_storage storage;
  storage.set("a", 1, std::nullopt);
  storage.set("b", 2, std::nullopt);
  storage.set("c", 3, std::nullopt);
  EXPECT_TRUE(storage.remove("a"));
  EXPECT_FALSE(storage.remove("a"));
  EXPECT_EQ(storage.clear(), 2U);
  EXPECT_THAT(storage.keys("", "", 100), IsEmpty());
}

TEST(MemoryStorage, ListsTheKeysOfAPrefixLiterallyAndSortedByBytes) {
  memory_storage storage;
  for (const auto* key : {"seen:b", "seen:a", "seen", "seem", "see%", "see_", "z", "Z", "seen:\xc3\xa9"})
    storage.set(key, 1, std::nullopt);
  EXPECT_THAT(storage.keys("seen:", "", 100), ElementsAre("seen:a", "seen:b", "seen:\xc3\xa9"));
  EXPECT_THAT(storage.keys("see%", "", 100), ElementsAre("see%"));
  EXPECT_THAT(storage.keys("see_", "", 100), ElementsAre("see_"));
  EXPECT_THAT(storage.keys("", "", 100).front(), "Z");
}

TEST(MemoryStorage, CountsAnAbsentKeyAsZeroWhenItAdds) {
  memory_storage storage;
  EXPECT_EQ(storage.increment("n", 2), 2);
  EXPECT_EQ(storage.increment("n", -5), -3);
  EXPECT_EQ(storage.get("n"), json(-3)) << "whole numbers stay whole";
  EXPECT_EQ(storage.increment("n", 0.5), -2.5);
  EXPECT_EQ(storage.get("n"), json(-2.5));
}

TEST(MemoryStorage, RefusesToAddToWhatIsNoNumberAndLeavesItAlone) {
  memory_storage storage;
  storage.set("text", "1", std::nullopt);
  EXPECT_EQ(failure_of([&] { storage.increment("text", 1); }).value().code(), ec::invalid_argument);
  EXPECT_EQ(storage.get("text"), json("1"));
}

TEST(MemoryStorage, RefusesNumbersThatAreNotFinite) {
  memory_storage storage;
  for (const double by :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    EXPECT_EQ(failure_of([&] { storage.increment("n", by); }).value().code(), ec::invalid_argument);
  EXPECT_EQ(storage.get("n"), std::nullopt);
}

TEST(MemoryStorage, AddsWithinWhatADoubleHoldsPastTheRangeOfIntegers) {
  memory_storage storage;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  storage.set("n", most, std::nullopt);
  EXPECT_EQ(storage.increment("n", 1), 9223372036854775808.0);
  storage.set("u", std::numeric_limits<std::uint64_t>::max(), std::nullopt);
  EXPECT_EQ(storage.increment("u", 1), 18446744073709551616.0);
  EXPECT_EQ(storage.increment("big", 1e300), 1e300);
}

TEST(MemoryStorage, AddsAtomically) {
  memory_storage storage;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) storage.increment("n", 1);
    });
  threads.clear();
  EXPECT_EQ(storage.get("n"), json(4'000));
}

TEST(MemoryStorage, ForgetsWhatHasExpired) {
  using namespace std::chrono_literals;
  memory_storage::clock::time_point now{};
  memory_storage storage{[&] { return now; }};
  storage.set("short", 1, 10ms);
  storage.set("long", 2, 20ms);
  storage.set("renewed", 3, 10ms);
  storage.set("renewed", 4, std::nullopt);
  now += 9ms;
  EXPECT_EQ(storage.get("short"), 1);
  now += 1ms;
  EXPECT_EQ(storage.get("short"), std::nullopt);
  EXPECT_THAT(storage.keys("", "", 100), ElementsAre("long", "renewed"));
  EXPECT_FALSE(storage.remove("short"));
  now += 1h;
  EXPECT_EQ(storage.increment("long", 5), 5) << "as if it was absent";
  EXPECT_EQ(storage.get("long"), 5);
  EXPECT_EQ(storage.get("renewed"), 4);
}

TEST(MemoryStorage, SwapsOnlyWhatIsExpected) {
  memory_storage storage;
  EXPECT_FALSE(storage.compare_and_set("k", 1, 2));
  EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, std::nullopt));
  EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, 1));
  EXPECT_FALSE(storage.compare_and_set("k", std::nullopt, 2));
  EXPECT_TRUE(storage.compare_and_set("k", 1.0, json{{"a", 1}}));
  EXPECT_FALSE(storage.compare_and_set("k", std::nullopt, std::nullopt));
  EXPECT_TRUE(storage.compare_and_set("k", json{{"a", 1}}, std::nullopt));
  EXPECT_EQ(storage.get("k"), std::nullopt);
}

TEST(MemoryStorage, SetsAndGetsMany) {
  memory_storage storage;
  storage.set_many({{"a", 1}, {"b", "two"}}, std::nullopt);
  EXPECT_EQ(storage.get_many({"a", "b", "c", "a"}), (std::map<std::string, json>{{"a", 1}, {"b", "two"}}));
}

TEST(MemoryStorage, KeepsToItsQuota) {
  using namespace std::chrono_literals;
  memory_storage::clock::time_point now{};
  memory_storage storage{"p", 1'000, [&] { return now; }};
  const json half(std::string(340, 'x'));
  storage.set("a", half, std::nullopt);
  storage.set("b", half, 10ms);
  for (const auto& write : std::vector<std::function<void()>>{[&] { storage.set("c", half, std::nullopt); },
                                                              [&] {
                                                                storage.set_many({{"c", 1}, {"d", 1}}, {});
                                                              },
                                                              [&] { storage.compare_and_set("c", {}, half); },
                                                              [&] { storage.increment("c", 1); }})
    EXPECT_EQ(failure_of(write).value().code(), ec::quota_exceeded);
  EXPECT_EQ(storage.get("c"), std::nullopt);
  EXPECT_EQ(storage.get("d"), std::nullopt);
  storage.set("a", half, std::nullopt);
  storage.set("a", 1, std::nullopt);
  EXPECT_EQ(storage.increment("a", 1), 2) << "a number that is there";
  storage.set("c", 1, std::nullopt);
  EXPECT_TRUE(storage.remove("c"));
  now += 10ms;
  storage.set("c", half, std::nullopt);
  storage.clear();
  storage.set_many({{"d", half}, {"e", half}}, std::nullopt);
}

TEST(MemoryStorage, ListsKeysAPageAtATime) {
  memory_storage storage;
  for (const auto* key : {"a:1", "a:2", "a:3", "b"}) storage.set(key, 1, std::nullopt);
  EXPECT_THAT(storage.keys("a:", "", 2), ElementsAre("a:1", "a:2"));
  EXPECT_THAT(storage.keys("a:", "a:2", 2), ElementsAre("a:3"));
  EXPECT_THAT(storage.keys("a:", "a:25", 2), ElementsAre("a:3"));
}

}  // namespace
}  // namespace streamspace
