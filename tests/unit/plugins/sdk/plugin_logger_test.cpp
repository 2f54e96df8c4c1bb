#include <gmock/gmock.h>

#include <streamspace/plugins/sdk/plugin_logger.hpp>

namespace streamspace::testing {
namespace {

class PluginLogger : public ::testing::Test {
 protected:
  std::vector<log_record> lines;
  std::shared_ptr<log_threshold> threshold = std::make_shared<log_threshold>(log_level::debug);
  plugin_logger logger{"greeter", [this](log_record r) { lines.push_back(std::move(r)); }, threshold};
};

TEST_F(PluginLogger, WritesEveryLevel) {
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  logger.fatal("e");
  ASSERT_EQ(lines.size(), 5U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].level, static_cast<log_level>(i));
    EXPECT_EQ(lines[i].plugin, "greeter");
    EXPECT_EQ(lines[i].message, std::string(1, static_cast<char>('a' + i)));
    EXPECT_NE(lines[i].time, timestamp{});
  }
}

TEST_F(PluginLogger, FollowsTheThresholdAtOnce) {
  const auto derived = logger.with("k", 1);
  threshold->store(log_level::warn);
  EXPECT_FALSE(logger.enabled(log_level::info));
  EXPECT_TRUE(logger.enabled(log_level::warn));
  logger.info("no");
  derived.info("no");
  logger.warn("yes");
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(PluginLogger, AddsItsFieldsToEveryLine) {
  const auto derived = logger.with("session", "s1").with(json{{"user", "ann"}, {"n", 1}});
  derived.info("hello", {{"n", 2}});
  logger.info("plain");
  EXPECT_EQ(lines[0].data, (json{{"session", "s1"}, {"user", "ann"}, {"n", 2}})) << "the line's own fields win";
  EXPECT_TRUE(lines[1].data.is_null());
}

TEST_F(PluginLogger, KeepsDataThatIsNoObject) {
  logger.info("count", 7);
  EXPECT_EQ(lines[0].data, (json{{"value", 7}}));
  logger.with(json{1, 2}).info("ignored");
  EXPECT_TRUE(lines[1].data.is_null());
}

TEST(PluginLoggerWithoutASink, WritesNothing) {
  const plugin_logger silent{"greeter", nullptr, std::make_shared<log_threshold>(log_level::debug)};
  silent.fatal("nobody hears this");
}

}  // namespace
}  // namespace streamspace::testing
