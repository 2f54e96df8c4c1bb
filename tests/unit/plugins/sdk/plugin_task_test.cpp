#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/plugins/sdk/plugin_task.hpp>

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

struct PluginTask : ::testing::Test {
  using answer = std::function<void(result<int>)>;

  /// Something that is answered when the test says so.
  plugin_awaitable<int> ask() {
    return plugin_awaitable<int>{[this](answer done) {
      return [this, answered = awaited->expect(std::move(done))] { asked.push_back(answered); };
    }};
  }
  void answer_next(result<int> with) {
    const auto next = asked.front();
    asked.erase(asked.begin());
    next(std::move(with));
  }
  static plugin_task adds_up(PluginTask& test, int questions, std::shared_ptr<int> held) {
    int sum = 0;
    for (int i = 0; i < questions; ++i) sum += co_await test.ask();
    *held += sum;
    test.book.push_back("sum " + std::to_string(sum));
  }

  std::shared_ptr<kept_tasks> turns = std::make_shared<kept_tasks>();
  std::shared_ptr<awaited_reports> awaited = std::make_shared<awaited_reports>(turns);
  std::vector<answer> asked;
  std::vector<std::string> book;
  std::shared_ptr<int> held = std::make_shared<int>(0);
};

TEST_F(PluginTask, GoesOnInATurnWithEachAnswer) {
  plugin_task::go_on(adds_up(*this, 2, held));
  ASSERT_EQ(asked.size(), 1U);
  answer_next(3);
  EXPECT_THAT(asked, IsEmpty()) << "not before its turn";
  turns->run();
  ASSERT_EQ(asked.size(), 1U);
  answer_next(4);
  turns->run();
  EXPECT_THAT(book, ElementsAre("sum 7"));
  EXPECT_EQ(held.use_count(), 1) << "the frame is destroyed";
}

TEST_F(PluginTask, WaitsForItsTurnThoughTheAnswerComesAtOnce) {
  plugin_task::go_on([](PluginTask& test) -> plugin_task {
    test.book.push_back("begins");
    const auto n = co_await plugin_awaitable<int>{
        [&](answer done) { return [answered = test.awaited->expect(std::move(done))] { answered(5); }; }};
    test.book.push_back("goes on with " + std::to_string(n));
  }(*this));
  EXPECT_THAT(book, ElementsAre("begins"));
  turns->run();
  EXPECT_THAT(book, ElementsAre("begins", "goes on with 5"));
}

TEST_F(PluginTask, ThrowsWhatTheAnswerIsAnErrorOf) {
  plugin_task::go_on([](PluginTask& test) -> plugin_task {
    try {
      co_await test.ask();
    } catch (const database_error& e) {
      test.book.emplace_back(e.sqlstate());
    }
  }(*this));
  answer_next(failure(ec::database_error, "refused", {{"sqlstate", "23505"}}));
  turns->run();
  EXPECT_THAT(book, ElementsAre("23505"));
}

TEST_F(PluginTask, ThrowsToWhoeverStartsItWhatItThrowsBeforeItWaits) {
  const auto fails = [](std::shared_ptr<int>) -> plugin_task {
    throw std::runtime_error{"at once"};
    co_return;
  };
  EXPECT_THROW(plugin_task::go_on(fails(held)), std::runtime_error);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(PluginTask, ThrowsInTheTurnWhatItThrowsLater) {
  plugin_task::go_on([](PluginTask& test, std::shared_ptr<int>) -> plugin_task {
    co_await test.ask();
    throw std::runtime_error{"later"};
  }(*this, held));
  EXPECT_EQ(held.use_count(), 2);
  answer_next(1);
  EXPECT_THROW(turns->run(), std::runtime_error);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(PluginTask, IsDestroyedWhenItIsGivenUpAndDoesNotGoOn) {
  plugin_task::go_on(adds_up(*this, 1, held));
  EXPECT_EQ(held.use_count(), 2);
  awaited->give_up();
  EXPECT_EQ(held.use_count(), 1) << "though its answer is still to come";
  answer_next(1);
  turns->run();
  EXPECT_THAT(book, IsEmpty());
}

TEST_F(PluginTask, IsDestroyedWhenItWasAnsweredButHadNoTurnMore) {
  plugin_task::go_on(adds_up(*this, 1, held));
  answer_next(1);
  awaited->give_up();
  EXPECT_EQ(held.use_count(), 1);
  turns->run();
  EXPECT_THAT(book, IsEmpty());
}

TEST_F(PluginTask, IsDestroyedWhenItWasNeverStarted) {
  {
    const auto task = adds_up(*this, 1, held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(PluginTask, CannotBeStartedTwice) {
  auto task = adds_up(*this, 1, held);
  plugin_task::go_on(std::move(task));
  EXPECT_EQ(code_of([&] { plugin_task::go_on(std::move(task)); }), ec::invalid_argument);
}

TEST_F(PluginTask, IsRefusedWhatIsMoreThanThePluginMayWaitForAndGoesOn) {
  for (std::size_t i = 0; i < awaited_reports::most; ++i)
    static_cast<void>(awaited->expect<sync_report>([](const sync_report&) {}));
  plugin_task::go_on([](PluginTask& test, std::shared_ptr<int>) -> plugin_task {
    try {
      co_await test.ask();
    } catch (const error& e) {
      test.book.emplace_back(to_string(e.code()));
    }
  }(*this, held));
  EXPECT_THAT(book, ElementsAre(std::string{to_string(ec::unavailable)}));
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace streamspace::testing
