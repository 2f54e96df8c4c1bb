#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/plugins/sdk/plugin_storage.hpp>

namespace streamspace::testing {
namespace {

class PluginStorage : public ::testing::Test {
 protected:
  plugin_storage storage{std::make_shared<memory_storage>()};
};

TEST_F(PluginStorage, KeepsAnyJson) {
  for (const json& value : {json(nullptr), json(1), json("text"), json{{"a", {1, 2}}}, json::array()}) {
    storage.set("key", value);
    EXPECT_EQ(storage.get("key"), value);
  }
  EXPECT_EQ(storage.get("other"), std::nullopt);
}

TEST_F(PluginStorage, GivesValuesAsTheTypeAskedFor) {
  storage.set("count", 3);
  EXPECT_EQ(storage.get<int>("count"), 3);
  EXPECT_EQ(storage.get<int>("other"), std::nullopt);
  storage.set("name", "ann");
  EXPECT_EQ(storage.get<std::string>("name"), "ann");
  EXPECT_EQ(failure_of([&] { storage.get<int>("name"); })->code(), ec::invalid_argument);
}

TEST_F(PluginStorage, RefusesKeysOutOfBounds) {
  for (const auto& key : {std::string{}, std::string(513, 'k')}) {
    EXPECT_EQ(failure_of([&] { storage.get(key); })->code(), ec::invalid_argument);
    EXPECT_EQ(failure_of([&] { storage.set(key, 1); })->code(), ec::invalid_argument);
    EXPECT_EQ(failure_of([&] { storage.remove(key); })->code(), ec::invalid_argument);
    EXPECT_EQ(failure_of([&] { storage.increment(key); })->code(), ec::invalid_argument);
  }
  storage.set(std::string(512, 'k'), 1);
}

TEST_F(PluginStorage, RefusesTimesToLiveOutOfBounds) {
  using namespace std::chrono_literals;
  for (const auto ttl : {0ms, -1ms, std::chrono::milliseconds{24h * 36'525} + 1ms}) {
    EXPECT_EQ(failure_of([&] { storage.set("key", 1, ttl); })->code(), ec::invalid_argument);
    EXPECT_EQ(failure_of([&] { storage.set_many({{"key", 1}}, ttl); })->code(), ec::invalid_argument);
  }
  EXPECT_EQ(storage.get("key"), std::nullopt);
  storage.set("key", 1, 24h * 36'525);
}

TEST_F(PluginStorage, CountsUpAndDown) {
  EXPECT_DOUBLE_EQ(storage.increment("n"), 1);
  EXPECT_DOUBLE_EQ(storage.increment("n", 2.5), 3.5);
  EXPECT_DOUBLE_EQ(storage.increment("n", -4), -0.5);
}

TEST_F(PluginStorage, ListsRemovesAndClears) {
  for (const auto* key : {"b", "a_1", "a%", "ab"}) storage.set(key, 1);
  EXPECT_THAT(storage.keys(), ::testing::ElementsAre("a%", "a_1", "ab", "b"));
  EXPECT_THAT(storage.keys("a_"), ::testing::ElementsAre("a_1"));
  EXPECT_TRUE(storage.remove("b"));
  EXPECT_FALSE(storage.remove("b"));
  EXPECT_EQ(storage.clear(), 3U);
  EXPECT_THAT(storage.keys(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace streamspace::testing
