#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/actors/gathered_storage.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::SizeIs;

using answer = result<std::optional<std::string>>;

constexpr auto long_time = 60s;

/// A database that is slow for as long as the test wants it to be.
class GatheredStorage : public ::testing::Test {
 protected:
  result<sql_result> run(const sql_statement& what) {
    std::unique_lock lock{mutex_};
    statements.push_back(*what.params.at(1).text());
    runners.insert(std::this_thread::get_id());
    ++running_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --running_;
    if (statements.size() <= throws) throw std::bad_alloc{};
    if (statements.size() <= failures) return failure(ec::database_unreachable, "gone");
    return sql_result{};
  }

  void hold() {
    const std::lock_guard lock{mutex_};
    open_ = false;
  }
  void let_go() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  void await_running(std::size_t how_many) {
    std::unique_lock lock{mutex_};
    ASSERT_TRUE(changed_.wait_for(lock, long_time, [&] { return running_ == how_many; }));
  }
  std::future<answer> set_elsewhere(std::string key, std::chrono::milliseconds patience = long_time) {
    return std::async(std::launch::async, [this, key = std::move(key), patience] {
      return storage.ask(set_stored("p", key, 1), gathered_storage::clock::now() + patience);
    });
  }
  answer set(std::string key) { return set_elsewhere(std::move(key)).get(); }

  std::vector<std::string> statements;  ///< The keys of each.
  std::set<std::thread::id> runners;
  std::size_t failures = 0;  ///< So many statements fail at first.
  std::size_t throws = 0;    ///< So many throw what no database does.
  gathered_storage storage{[this](const sql_statement& what) { return run(what); }, {.most_under_way = 1}};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  std::size_t running_ = 0;
};

TEST_F(GatheredStorage, RunsTheStatementOfACallerThatIsAloneOnItsThread) {
  EXPECT_TRUE(storage.ask(set_stored("p", "k", 1), gathered_storage::clock::now() + long_time));
  EXPECT_THAT(statements, SizeIs(1));
  EXPECT_TRUE(runners.contains(std::this_thread::get_id()));
}

TEST_F(GatheredStorage, GathersWhatComesWhileAStatementRuns) {
  hold();
  std::vector<std::future<answer>> calls;
  calls.push_back(set_elsewhere("first"));
  await_running(1);
  for (int i = 0; i < 10; ++i) calls.push_back(set_elsewhere("k" + std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return storage.waiting() == 10; }));
  let_go();
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_THAT(statements, SizeIs(2));
  EXPECT_EQ(storage.waiting(), 0U);
}

TEST_F(GatheredStorage, TellsThoseWhoShareAStatementThatItFailed) {
  failures = 1;
  EXPECT_EQ(set("a").error().code(), ec::database_unreachable);
  EXPECT_TRUE(set("a"));
}

TEST_F(GatheredStorage, LetsNobodyWaitPastTheDeadline) {
  hold();
  auto first = set_elsewhere("first");
  await_running(1);
  const auto late = set_elsewhere("late", 1ms).get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ec::timeout);
  EXPECT_EQ(storage.waiting(), 0U);
  let_go();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(set("next"));
  EXPECT_THAT(statements, ElementsAre("first", "next")) << "what was given up is not done later";
}

TEST_F(GatheredStorage, GoesOnAfterAStatementThatThrows) {
  throws = 2;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(set("a").error().code(), ec::internal);
  EXPECT_TRUE(set("a"));
}

TEST_F(GatheredStorage, RunsStatementsOfDifferentKindsSideBySide) {
  hold();
  auto first = set_elsewhere("first");
  await_running(1);
  std::vector<std::future<answer>> others;
  for (const auto* key : {"a", "b", "c"}) others.push_back(set_elsewhere(key));
  auto asked = std::async(std::launch::async, [this] {
    return storage.ask(get_stored("p", "k"), gathered_storage::clock::now() + long_time);
  });
  await_running(2);
  let_go();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(asked.get());
  for (auto& each : others) EXPECT_TRUE(each.get());
}

TEST_F(GatheredStorage, RefusesWhatIsTooMuch) {
  gathered_storage small{[this](const sql_statement& what) { return run(what); },
                         {.most_waiting = 0, .most_under_way = 1}};
  const auto refused = small.ask(get_stored("p", "k"), gathered_storage::clock::now() + long_time);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ec::unavailable);
}

TEST_F(GatheredStorage, AnswersEveryCallOfManyThreads) {
  constexpr int threads = 16;
  constexpr int rounds = 300;
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        for (int i = 0; i < rounds; ++i)
          if (storage.ask(set_stored("p", std::to_string(t), i), gathered_storage::clock::now() + long_time))
            ++answered;
      });
  }
  EXPECT_EQ(answered, threads * rounds);
  EXPECT_LE(statements.size(), static_cast<std::size_t>(threads * rounds));
}

}  // namespace
}  // namespace streamspace
