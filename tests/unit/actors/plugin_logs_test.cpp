#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/plugin_logs.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PluginLogs : public ::testing::Test {
 protected:
  static log_record line(const std::string& from, const std::string& message, json data = nullptr,
                         log_level level = log_level::info) {
    return {from, level, message, std::move(data), {}};
  }
  std::vector<std::string> kept_of(const std::string& plugin) const {
    std::vector<std::string> all;
    for (const auto& l : logs_->recent(plugin, 1'000, log_level::debug).lines) all.push_back(l.message);
    return all;
  }
  void hide(const std::string& plugin, const std::string& secret) {
    logs_->hide_secrets(plugin, {{"token", secret}}, {{"properties", {{"token", {{"format", "password"}}}}}});
  }

  std::vector<std::string> out_;
  std::shared_ptr<plugin_logs> logs_ =
      std::make_shared<plugin_logs>([this](const log_record& l) { out_.push_back(l.message); }, log_level::info);
};

TEST_F(PluginLogs, KeepWhatAPluginSaysAndWhatTheRuntimeSaysAboutIt) {
  const auto runtime = logs_->runtime_sink();
  logs_->sink_of("p")(line("p", "of p", {{"plugin", "q"}}));
  runtime(line("runtime", "about p", {{"plugin", "p"}}));
  runtime(line("p", "a handler failed"));
  runtime(line("runtime", "about nobody"));
  EXPECT_THAT(kept_of("p"), ElementsAre("of p", "about p", "a handler failed"));
  EXPECT_THAT(kept_of("q"), IsEmpty()) << "no plugin writes into another's";
  EXPECT_THAT(kept_of("runtime"), IsEmpty());
  EXPECT_THAT(out_, ElementsAre("of p", "about p", "a handler failed", "about nobody"));
}

TEST_F(PluginLogs, LetTheRuntimesLinesThroughFromItsLevelOn) {
  logs_->runtime_sink()(line("runtime", "fine print", {{"plugin", "p"}}, log_level::debug));
  EXPECT_THAT(out_, IsEmpty());
  logs_->sink_of("p")(line("p", "was looked at before", nullptr, log_level::debug));
  EXPECT_THAT(out_, ElementsAre("was looked at before"));
}

TEST_F(PluginLogs, TakeAPluginsSecretsOutOfItsLinesAndThoseAboutIt) {
  const auto sink = logs_->sink_of("p");
  hide("p", "hunter2");
  sink(line("p", "token hunter2"));
  logs_->runtime_sink()(line("runtime", "on_load threw: hunter2", {{"plugin", "p"}}));
  logs_->sink_of("q")(line("q", "not mine: hunter2"));
  EXPECT_THAT(out_, ElementsAre("token ***", "on_load threw: ***", "not mine: hunter2"));
  EXPECT_THAT(kept_of("p"), ElementsAre("token ***", "on_load threw: ***"));
}

TEST_F(PluginLogs, TakeOutTheSecretsOfAnEarlierConfigurationToo) {
  const auto sink = logs_->sink_of("p");
  hide("p", "first-one");
  for (int i = 0; i < 200; ++i) hide("p", "another-" + std::to_string(i));
  sink(line("p", "first-one another-199"));
  EXPECT_THAT(out_, ElementsAre("*** ***"));
  for (int i = 0; i < 200; ++i) hide("p", "further-" + std::to_string(i));
  sink(line("p", "further-0 first-one"));
  EXPECT_EQ(out_.back(), "*** first-one") << "there is a bound to it";
}

TEST_F(PluginLogs, HaveALevelForEachPlugin) {
  EXPECT_EQ(logs_->level_of("p"), log_level::info);
  const auto threshold = logs_->threshold_of("p");
  *logs_->threshold_of("p") = log_level::debug;
  EXPECT_EQ(threshold->load(), log_level::debug);
  EXPECT_EQ(logs_->level_of("p"), log_level::debug);
  EXPECT_EQ(logs_->level_of("q"), log_level::info);
}

}  // namespace
}  // namespace streamspace
