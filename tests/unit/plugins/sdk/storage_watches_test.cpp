#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/memory_storage.hpp>
#include <streamspace/plugins/sdk/plugin_storage.hpp>
#include <streamspace/plugins/sdk/storage_watches.hpp>

namespace streamspace::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class kept_tasks final : public turn_port {
 public:
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  std::vector<std::function<void()>> tasks;
};

/// A storage that may be out of reach.
class shaky_storage final : public storage_port {
 public:
  explicit shaky_storage(std::shared_ptr<memory_storage> with) : with_{std::move(with)} {}

  std::optional<json> get(const std::string& key) override { return with_->get(key); }
  std::map<std::string, json> get_many(const std::vector<std::string>& keys) override { return with_->get_many(keys); }
  void set(const std::string& key, const json& value, std::optional<std::chrono::milliseconds> ttl) override {
    with_->set(key, value, ttl);
  }
  void set_many(const std::map<std::string, json>& values, std::optional<std::chrono::milliseconds> ttl) override {
    with_->set_many(values, ttl);
  }
  bool compare_and_set(const std::string& key, const std::optional<json>& expected,
                       const std::optional<json>& desired) override {
    return with_->compare_and_set(key, expected, desired);
  }
  bool remove(const std::string& key) override { return with_->remove(key); }
  std::vector<std::string> keys(const std::string& prefix, const std::string& after, std::size_t limit) override {
    return with_->keys(prefix, after, limit);
  }
  std::size_t clear() override { return with_->clear(); }
  double increment(const std::string& key, double by) override { return with_->increment(key, by); }
  stored_look look_at(const std::vector<std::string>& keys) override {
    if (gone) throw error{ec::database_unreachable, "gone"};
    return with_->look_at(keys);
  }
  std::map<std::string, stored_state> states(const std::string& prefix) override { return with_->states(prefix); }
  void observe(std::weak_ptr<storage_observer> who) override { with_->observe(std::move(who)); }

  bool gone = false;

 private:
  const std::shared_ptr<memory_storage> with_;
};

class StorageWatches : public ::testing::Test {
 protected:
  StorageWatches() { watches->open(true); }

  storage_change_handler note(const std::string& who = "") {
    return [this, who](const storage_change& change) {
      constexpr const char* what[] = {"set", "removed", "expired"};
      told.push_back(who + what[static_cast<int>(change.what)] + " " + change.key +
                     (change.value ? " " + change.value->dump() : ""));
    };
  }
  storage_watch_ptr watch(const std::string& prefix, storage_change_handler handler) {
    auto made = std::make_shared<storage_watch>(storage_watch{prefix, std::move(handler)});
    watches->add(made);
    return made;
  }
  void set(const std::string& key, const json& value) { storage->set(key, value, std::nullopt); }
  void take_turn() {
    for (const auto& task : std::exchange(turns->tasks, {})) task();
  }
  /// What was told since it was asked last.
  std::vector<std::string> news() {
    take_turn();
    return std::exchange(told, {});
  }

  memory_storage::clock::time_point now{1h};
  std::shared_ptr<memory_storage> storage = std::make_shared<memory_storage>([this] { return now; });
  std::shared_ptr<kept_tasks> turns = std::make_shared<kept_tasks>();
  std::shared_ptr<shaky_storage> shaky = std::make_shared<shaky_storage>(storage);
  std::shared_ptr<storage_watches> watches = std::make_shared<storage_watches>(shaky, turns);
  std::vector<std::string> told;
};

TEST_F(StorageWatches, TellsInATurnWhatBecomesOfTheKeysOfAPrefix) {
  set("a:old", 0);
  const auto watching = watch("a:", note());
  set("a:1", {{"n", 1}});
  set("b:1", 1);
  EXPECT_THAT(told, IsEmpty()) << "not before the turn";
  EXPECT_THAT(news(), ElementsAre(R"(set a:1 {"n":1})"));
  storage->remove("a:1");
  EXPECT_THAT(news(), ElementsAre("removed a:1"));
  storage->increment("a:old", 2);
  EXPECT_THAT(news(), ElementsAre("set a:old 2"));
  storage->compare_and_set("a:old", 2, 3);
  EXPECT_THAT(news(), ElementsAre("set a:old 3"));
  storage->set_many({{"a:x", 1}, {"a:y", 2}}, std::nullopt);
  EXPECT_THAT(news(), ElementsAre("set a:x 1", "set a:y 2"));
  storage->clear();
  EXPECT_THAT(news(), ElementsAre("removed a:old", "removed a:x", "removed a:y"));
}

TEST_F(StorageWatches, TellsTheSameValueSetAgain) {
  const auto watching = watch("", note());
  set("k", 1);
  EXPECT_THAT(news(), SizeIs(1));
  set("k", 1);
  EXPECT_THAT(news(), ElementsAre("set k 1"));
}

TEST_F(StorageWatches, TellsOfChangesThatFollowEachOtherAsOne) {
  const auto watching = watch("", note());
  for (int i = 0; i < 10; ++i) set("k", i);
  set("gone", 1);
  storage->remove("gone");
  EXPECT_THAT(turns->tasks, SizeIs(1));
  EXPECT_THAT(news(), ElementsAre("set k 9"));
}

TEST_F(StorageWatches, TellsWhatHasExpiredAsThat) {
  const auto watching = watch("", note());
  storage->set("short", 1, 10ms);
  storage->set("taken", 1, 10ms);
  EXPECT_THAT(news(), SizeIs(2));
  storage->remove("taken");
  EXPECT_THAT(news(), ElementsAre("removed taken"));
  now += 10ms;
  storage->keys("", "", 10);
  EXPECT_THAT(news(), ElementsAre("expired short"));
}

TEST_F(StorageWatches, FindsWhatOthersHaveChangedAndTellsNothingTwice) {
  set("gone", 1);
  set("changed", 1);
  const auto watching = watch("", note());
  EXPECT_THAT(watches->prefixes(), ElementsAre(""));
  const std::map<std::string, stored_state> before = storage->states("");
  set("changed", 2);
  storage->remove("gone");
  set("new", 3);
  EXPECT_THAT(news(), ElementsAre("set changed 2", "removed gone", "set new 3"));
  watches->found("", before);
  EXPECT_THAT(news(), IsEmpty()) << "an old look";
  watches->found("", storage->states(""));
  EXPECT_THAT(turns->tasks, IsEmpty()) << "all is told";
  // As if somebody else had written, of which nobody hears.
  storage->observe({});
  set("changed", 4);
  storage->remove("new");
  watches->found("", storage->states(""));
  EXPECT_THAT(news(), ElementsAre("set changed 4", "removed new"));
}

TEST_F(StorageWatches, TellsEachWatchOnce) {
  const auto all = watch("", note("all: "));
  const auto some = watch("a", note("some: "));
  set("a", 1);
  set("b", 2);
  EXPECT_THAT(news(), ElementsAre("all: set a 1", "some: set a 1", "all: set b 2"));
}

TEST_F(StorageWatches, EndsWithTheWatch) {
  auto watching = watch("", note());
  set("k", 1);
  watching.reset();
  EXPECT_THAT(news(), IsEmpty());
  EXPECT_THAT(watches->prefixes(), IsEmpty());
  set("k", 2);
  EXPECT_THAT(turns->tasks, IsEmpty());
}

TEST_F(StorageWatches, EndsWhenItIsGivenUp) {
  const auto watching = watch("", note());
  set("k", 1);
  watches->give_up();
  EXPECT_THAT(news(), IsEmpty());
  set("k", 2);
  EXPECT_THAT(news(), IsEmpty());
}

TEST_F(StorageWatches, KeepsWhatIsToBeToldWhileItIsNotOpen) {
  const auto watching = watch("", note());
  set("a", 1);
  watches->open(false);
  EXPECT_THAT(news(), IsEmpty());
  set("b", 2);
  EXPECT_THAT(news(), IsEmpty());
  watches->open(true);
  EXPECT_THAT(news(), ElementsAre("set a 1", "set b 2"));
}

TEST_F(StorageWatches, GoesOnAfterAHandlerThatThrows) {
  const auto throws = watch("a", [](const storage_change&) { throw std::runtime_error{"no"}; });
  const auto watching = watch("", note());
  set("a", 1);
  set("b", 2);
  EXPECT_THROW(take_turn(), std::runtime_error);
  EXPECT_THAT(news(), ElementsAre("set a 1", "set b 2"));
  EXPECT_THAT(news(), IsEmpty());
}

TEST_F(StorageWatches, TellsLaterWhatItCouldNotLookAt) {
  const auto watching = watch("", note());
  set("a", 1);
  shaky->gone = true;
  EXPECT_THAT(news(), IsEmpty());
  shaky->gone = false;
  set("b", 1);
  EXPECT_THAT(news(), ElementsAre("set a 1", "set b 1"));
}

TEST_F(StorageWatches, TakesATurnForAPartOfMany) {
  const auto watching = watch("", note());
  for (int i = 0; i < 250; ++i) set(std::to_string(i), i);
  take_turn();
  EXPECT_LT(told.size(), 250U);
  for (int i = 0; i < 250 && !turns->tasks.empty(); ++i) take_turn();
  EXPECT_THAT(told, SizeIs(250));
}

TEST_F(StorageWatches, LetsAHandlerWriteAndWatch) {
  storage_watch_ptr second;
  const auto watching = watch("a", [&](const storage_change& change) {
    told.push_back(change.key);
    if (!second) second = watch("b", note());
    if (change.value != 3) set("a", change.value->get<int>() + 1);
    set("b", *change.value);
  });
  set("a", 1);
  for (int i = 0; i < 10; ++i) take_turn();
  EXPECT_THAT(told, ElementsAre("a", "a", "set b 1", "a", "set b 2", "set b 3"));
}

TEST(StorageWithoutAnOwner, CannotBeWatched) {
  plugin_storage storage{std::make_shared<memory_storage>()};
  EXPECT_EQ(code_of([&] { storage.watch("", [](const storage_change&) {}); }), ec::not_in_turn);
}

}  // namespace
}  // namespace streamspace::testing
