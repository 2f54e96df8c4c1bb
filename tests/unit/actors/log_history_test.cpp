#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/log_history.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

log_record line(const std::string& message, log_level level = log_level::info, json data = nullptr) {
  return {"p", level, message, std::move(data), {}};
}

std::vector<std::string> messages_of(const log_page& page) {
  std::vector<std::string> all;
  for (const auto& l : page.lines) all.push_back(l.message);
  return all;
}

TEST(LogHistory, GivesTheNewestLinesInTheirOrder) {
  log_history history;
  for (const auto* text : {"one", "two", "three"}) history.add("p", line(text));
  const auto page = history.recent("p", 2);
  EXPECT_THAT(messages_of(page), ElementsAre("two", "three"));
  EXPECT_EQ(page.total, 3U);
  EXPECT_THAT(messages_of(history.recent("q", 2)), IsEmpty());
}

TEST(LogHistory, GivesThoseOfALevelOrAGraverOne) {
  log_history history;
  history.add("p", line("d", log_level::debug));
  history.add("p", line("w", log_level::warn));
  history.add("p", line("i", log_level::info));
  history.add("p", line("e", log_level::error));
  const auto page = history.recent("p", 10, log_level::warn);
  EXPECT_THAT(messages_of(page), ElementsAre("w", "e"));
  EXPECT_EQ(page.total, 2U);
}

TEST(LogHistory, KeepsNoMoreLinesThanItMayOfEachPlugin) {
  log_history history{{.lines = 3}};
  for (int i = 0; i < 10; ++i) history.add("p", line(std::to_string(i)));
  history.add("q", line("other"));
  EXPECT_THAT(messages_of(history.recent("p", 10)), ElementsAre("7", "8", "9"));
  EXPECT_THAT(messages_of(history.recent("q", 10)), ElementsAre("other"));
}

TEST(LogHistory, KeepsNoMoreBytesThanItMay) {
  log_history history{{.bytes = 10'000}};
  for (int i = 0; i < 10; ++i) history.add("p", line(std::to_string(i) + std::string(4'000, 'x')));
  const auto page = history.recent("p", 10);
  ASSERT_THAT(page.lines, SizeIs(2));
  EXPECT_EQ(page.lines[1].message[0], '9');
}

TEST(LogHistory, CutsALineThatIsLargerThanAllMayBe) {
  log_history history{{.bytes = 1'000}};
  history.add("p", line("m" + std::string(5'000, 'x'), log_level::info, {{"k", std::string(5'000, 'y')}}));
  const auto page = history.recent("p", 10);
  ASSERT_THAT(page.lines, SizeIs(1));
  EXPECT_LT(page.lines[0].message.size(), 1'000U);
  EXPECT_EQ(page.lines[0].message[0], 'm');
  EXPECT_TRUE(page.lines[0].data.is_null());
}

TEST(LogHistory, ForgetsThePluginThatHasBeenSilentLongest) {
  log_history history{{.plugins = 2}};
  history.add("a", line("1"));
  history.add("b", line("2"));
  history.add("a", line("3"));
  history.add("c", line("4"));
  EXPECT_THAT(messages_of(history.recent("a", 10)), ElementsAre("1", "3"));
  EXPECT_THAT(messages_of(history.recent("b", 10)), IsEmpty());
  EXPECT_THAT(messages_of(history.recent("c", 10)), ElementsAre("4"));
}

TEST(LogHistory, TakesLinesFromManyThreads) {
  log_history history{{.lines = 1'000}};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&history, t] {
        for (int i = 0; i < 200; ++i) {
          history.add("p", line(std::to_string(i)));
          history.add("own" + std::to_string(t), line(std::to_string(i)));
          history.recent("p", 5);
        }
      });
  }
  EXPECT_EQ(history.recent("p", 1).total, 800U);
  EXPECT_EQ(history.recent("own3", 1).total, 200U);
}

}  // namespace
}  // namespace streamspace
