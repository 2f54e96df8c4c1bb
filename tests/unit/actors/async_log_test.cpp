#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/async_log.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::chrono::seconds patience{30};

/// What was written, behind a gate that stands open unless it was shut.
class slow_place {
 public:
  void write(const log_record& line) {
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (fails_) throw std::runtime_error{"full"};
    lines_.push_back(line);
    changed_.notify_all();
  }

  void shut() { set(open_, false); }
  void open() { set(open_, true); }
  void fail(bool whether) { set(fails_, whether); }

  /// Waits until a line stands before the gate or has passed it.
  bool has_one_at_the_gate() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [this] { return arrived_ > 0; });
  }

  std::vector<std::string> messages() const {
    std::lock_guard lock{mutex_};
    std::vector<std::string> all;
    for (const auto& l : lines_) all.push_back(l.message);
    return all;
  }
  std::vector<log_record> lines() const {
    std::lock_guard lock{mutex_};
    return lines_;
  }

 private:
  void set(bool& what, bool to) {
    std::lock_guard lock{mutex_};
    what = to;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool fails_ = false;
  std::size_t arrived_ = 0;
  std::vector<log_record> lines_;
};

class AsyncLog : public ::testing::Test {
 protected:
  std::unique_ptr<async_log> make(async_log_settings settings = {}) const {
    return std::make_unique<async_log>([place = place_](const log_record& line) { place->write(line); }, settings);
  }
  static log_record line(const std::string& message) { return {"p", log_level::info, message, nullptr, {}}; }

  std::shared_ptr<slow_place> place_ = std::make_shared<slow_place>();
};

TEST_F(AsyncLog, WritesAllInOrderBeforeItEnds) {
  auto log = make();
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) expected.push_back(std::to_string(i));
  for (const auto& text : expected) log->push(line(text));
  log.reset();
  EXPECT_EQ(place_->messages(), expected);
}

TEST_F(AsyncLog, KeepsTheOrderOfEachThread) {
  auto log = make({.records = 10'000});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < 500; ++i) log->push({std::to_string(t), log_level::info, std::to_string(i), nullptr, {}});
      });
  }
  log.reset();
  std::map<std::string, int> next;
  for (const auto& l : place_->lines()) ASSERT_EQ(l.message, std::to_string(next[l.plugin]++));
  EXPECT_THAT(place_->lines(), SizeIs(2'000));
}

TEST_F(AsyncLog, NeverMakesTheCallerWaitAndLosesTheOldest) {
  place_->shut();
  auto log = make({.records = 4});
  log->push(line("first"));
  ASSERT_TRUE(place_->has_one_at_the_gate());
  for (int i = 0; i < 10; ++i) log->push(line(std::to_string(i)));
  EXPECT_EQ(log->lost(), 6U);
  place_->open();
  log.reset();
  const auto lines = place_->lines();
  ASSERT_THAT(lines, SizeIs(6)) << "the one at the gate, the four that waited, and the one on those that were lost";
  EXPECT_THAT(
      place_->messages(),
      ElementsAre("first", "6", "6 lines of the log were lost, as they could not be written in time", "7", "8", "9"));
  EXPECT_EQ(lines[2].level, log_level::warn);
  EXPECT_EQ(lines[2].data, (json{{"lines", 6}}));
}

TEST_F(AsyncLog, BoundsTheBytesThatWait) {
  place_->shut();
  auto log = make({.bytes = 100'000});
  log->push(line("first"));
  ASSERT_TRUE(place_->has_one_at_the_gate());
  for (int i = 0; i < 100; ++i) log->push(line(std::string(10'000, 'x')));
  EXPECT_GE(log->lost(), 90U);
  log->push({"p", log_level::info, "large", {{"k", std::string(200'000, 'x')}}, {}});
  EXPECT_EQ(log->lost(), 100U) << "one that is larger than all may be waits alone";
  place_->open();
  log.reset();
  EXPECT_THAT(place_->messages(), ::testing::Contains("large"));
}

TEST_F(AsyncLog, TellsOfLinesThatCouldNotBeWritten) {
  auto log = make();
  place_->fail(true);
  log->push(line("a"));
  log->push(line("b"));
  ASSERT_TRUE(log->flush(patience));
  EXPECT_EQ(log->lost(), 2U);
  place_->fail(false);
  log->push(line("c"));
  log.reset();
  EXPECT_THAT(place_->messages(),
              ElementsAre("2 lines of the log were lost, as they could not be written in time", "c"));
}

TEST_F(AsyncLog, DoesNotWaitForEverAtTheEnd) {
  place_->shut();
  auto log = make({.end_deadline = std::chrono::milliseconds{20}});
  log->push(line("stuck"));
  log->push(line("behind"));
  log.reset();
  place_->open();
  SUCCEED() << "it came here";
}

TEST_F(AsyncLog, WaitsForWhatWasLoggedBefore) {
  auto log = make();
  EXPECT_TRUE(log->flush(patience)) << "nothing was";
  log->push(line("a"));
  ASSERT_TRUE(log->flush(patience));
  EXPECT_THAT(place_->messages(), ElementsAre("a"));
  place_->shut();
  log->push(line("b"));
  EXPECT_FALSE(log->flush(std::chrono::milliseconds{1}));
  place_->open();
  EXPECT_TRUE(log->flush(patience));
}

/// In a program of its own, which logs and ends without destroying anything.
[[noreturn]] void log_and_exit() {
  static auto* const log = new async_log{[](const log_record& line) {
    const auto text = line.message + "\n";
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) std::abort();
  }};
  for (int i = 0; i < 100; ++i) log->push({"p", log_level::info, "line" + std::to_string(i), nullptr, {}});
  std::exit(3);
}

TEST(AsyncLogDeathTest, WritesWhatWaitsWhenTheProgramExits) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(log_and_exit(), ::testing::ExitedWithCode(3), "line99");
}

}  // namespace
}  // namespace streamspace
