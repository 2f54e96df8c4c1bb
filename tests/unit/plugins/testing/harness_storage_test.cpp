#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/testing/harness_storage.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct HarnessStorage : ::testing::Test {
  timestamp now{};
  harness_storage storage{[this] { return now; }};
};

TEST_F(HarnessStorage, GivesBackWhatWasSet) {
  const json value{{"list", {1, "two", nullptr, 4.5, false}}};
  storage.set("k", value, std::nullopt);
  storage.set("n", nullptr, std::nullopt);
  EXPECT_EQ(storage.get("k"), value);
  EXPECT_TRUE(storage.get("n").value().is_null()) << "null is a value";
  EXPECT_EQ(storage.get("absent"), std::nullopt);
  EXPECT_THAT(storage.get_many({"k", "absent"}), ElementsAre(Pair("k", value)));
  EXPECT_TRUE(storage.remove("k"));
  EXPECT_FALSE(storage.remove("k"));
  EXPECT_EQ(storage.clear(), 1U);
}

TEST_F(HarnessStorage, ListsKeysByTheirBytesAPageAtATime) {
  for (const auto* key : {"seen:b", "seen:a", "seen", "seem", "z", "Z", "seen:\xc3\xa9"})
    storage.set(key, 1, std::nullopt);
  EXPECT_THAT(storage.keys("seen:", "", 100), ElementsAre("seen:a", "seen:b", "seen:\xc3\xa9"));
  EXPECT_THAT(storage.keys("seen:", "seen:a", 1), ElementsAre("seen:b"));
  EXPECT_THAT(storage.keys("", "", 2), ElementsAre("Z", "seem"));
}

TEST_F(HarnessStorage, Adds) {
  EXPECT_EQ(storage.increment("n", 2), 2);
  EXPECT_EQ(storage.increment("n", -5), -3);
  EXPECT_EQ(storage.get("n"), json(-3)) << "whole numbers stay whole";
  EXPECT_EQ(storage.increment("n", 0.5), -2.5);
  storage.set("large", std::numeric_limits<std::int64_t>::max(), std::nullopt);
  EXPECT_EQ(storage.increment("large", 1), 9223372036854775808.0);
  storage.set("text", "1", std::nullopt);
  EXPECT_EQ(code_of([&] { storage.increment("text", 1); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { storage.increment("new", std::nan("")); }), ec::invalid_argument);
  EXPECT_EQ(storage.get("new"), std::nullopt);
}

TEST_F(HarnessStorage, SwapsOnlyWhatIsExpected) {
  EXPECT_FALSE(storage.compare_and_set("k", 1, 2));
  EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, std::nullopt));
  EXPECT_TRUE(storage.compare_and_set("k", std::nullopt, 1));
  EXPECT_FALSE(storage.compare_and_set("k", std::nullopt, 2));
  EXPECT_TRUE(storage.compare_and_set("k", 1.0, 2));
  EXPECT_EQ(storage.get("k"), 2);
  EXPECT_TRUE(storage.compare_and_set("k", 2, std::nullopt));
  EXPECT_EQ(storage.get("k"), std::nullopt);
}

TEST_F(HarnessStorage, ForgetsWhatHasExpired) {
  storage.set("short", 1, 10ms);
  storage.set("long", 2, 20ms);
  storage.set("renewed", 3, 10ms);
  storage.set("renewed", 4, std::nullopt);
  now += 9999us;
  EXPECT_EQ(storage.get("short"), 1);
  now += 1us;
  EXPECT_EQ(storage.get("short"), std::nullopt);
  EXPECT_THAT(storage.keys("", "", 100), ElementsAre("long", "renewed"));
  now += 1h;
  EXPECT_EQ(storage.increment("long", 5), 5) << "as if it was absent";
  now += 1h;
  EXPECT_EQ(storage.get("long"), 5) << "and it lasts";
}

TEST_F(HarnessStorage, TellsWhoeverObservesOfEachKey) {
  struct book final : storage_observer {
    void changed(const std::string& key) override { keys.push_back(key); }
    void cleared() override {}
    std::vector<std::string> prefixes() const override { return {}; }
    void found(const std::string&, const std::map<std::string, stored_state>&) override {}
    std::vector<std::string> keys;
  };
  const auto observer = std::make_shared<book>();
  storage.observe(observer);
  storage.set_many({{"a", 1}, {"b", 2}}, 1ms);
  storage.increment("c", 1);
  storage.remove("a");
  now += 1ms;
  storage.forget_expired();
  storage.clear();
  EXPECT_THAT(observer->keys, ElementsAre("a", "b", "c", "a", "b", "c"));
}

TEST_F(HarnessStorage, GivesEachWriteAnotherVersion) {
  storage.set("k", 1, 2ms);
  const auto first = storage.states("").at("k");
  EXPECT_EQ(first.expires_ms, 2);
  EXPECT_EQ(storage.look_at({"k", "absent"}).found.at("k").state, first);
  storage.set("k", 1, std::nullopt);
  EXPECT_NE(storage.states("").at("k").version, first.version);
  now += 3500us;
  EXPECT_EQ(storage.look_at({}).now_ms, 3);
  EXPECT_THAT(storage.states("other"), IsEmpty());
}

}  // namespace
}  // namespace streamspace::testing
