#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>
#include <thread>

#include <gmock/gmock.h>

#include "runtime_test.hpp"
#include <streamspace/actors/log_output.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;
using testing::plugin_script;
using testing::scripted;
using testing::soon;

class work_folder {
 public:
  work_folder() {
    auto name = (std::filesystem::temp_directory_path() / "log-output-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error{"no temporary folder can be made"};
    path_ = name;
  }
  work_folder(const work_folder&) = delete;
  work_folder& operator=(const work_folder&) = delete;
  ~work_folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

class LogOutput : public testing::runtime_test {
 protected:
  /// What `action` writes to standard output, line by line.
  template <class Action>
  static std::vector<std::string> lines_of(Action&& action) {
    ::testing::internal::CaptureStdout();
    action();
    std::istringstream text{::testing::internal::GetCapturedStdout()};
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
};

// The original wrote a prefix before the JSON, so its lines were none.
TEST_F(LogOutput, EveryLineIsOneJsonObject) {
  const auto lines = lines_of([&] {
    auto settings = options();
    settings.log = nullptr;
    const auto rt =
        running({scripted("p", {.on_load =
                                    [](plugin_context& ctx) {
                                      ctx.logger().with("session", "s1").warn("two\nlines \x1b[31m", {{"n", 1}});
                                      ctx.logger().error("raw \xff");
                                    }})},
                settings);
  });
  ASSERT_GE(lines.size(), 4U);
  bool seen = false;
  for (const auto& line : lines) {
    const auto record = json::parse(line, nullptr, false);
    ASSERT_TRUE(record.is_object()) << line;
    for (const auto* member : {"plugin", "level", "message", "timestamp"}) EXPECT_TRUE(record.contains(member)) << line;
    EXPECT_TRUE(parse_rfc3339(record["timestamp"].get<std::string>())) << line;
    if (record["level"] != "WARN" || record["plugin"] != "p") continue;
    seen = true;
    EXPECT_EQ(record["message"], "two\nlines \x1b[31m");
    EXPECT_EQ(record["data"], (json{{"session", "s1"}, {"n", 1}}));
  }
  EXPECT_TRUE(seen);
}

TEST_F(LogOutput, WritesWholeLinesFromManyThreads) {
  const auto lines = lines_of([] {
    const auto sink = json_log_to_stdout();
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) sink({"p", log_level::info, std::string(500, 'x'), nullptr, now()});
      });
  });
  ASSERT_EQ(lines.size(), 800U);
  for (const auto& line : lines) ASSERT_TRUE(json::accept(line)) << line;
}

TEST_F(LogOutput, KeepsEachPluginsLinesFromItsOwnLevelOn) {
  const auto talks = [](const std::string& name) {
    return scripted(name, {.on_load = [](plugin_context& ctx) {
                      ctx.events().on("talk", [&ctx](const event&) {
                        ctx.logger().debug("debug of " + ctx.name());
                        ctx.logger().info("info of " + ctx.name());
                        ctx.logger().error("error of " + ctx.name());
                      });
                    }});
  };
  auto settings = options();
  settings.min_log_level = log_level::info;
  const auto rt = running({talks("a"), talks("b")}, settings);
  rt->set_log_level("a", log_level::debug);
  rt->set_log_level("b", log_level::error);
  ASSERT_TRUE(rt->emit_sync("talk", json::object(), soon).all_handled());
  EXPECT_TRUE(logs().has(log_level::debug, "debug of a"));
  EXPECT_FALSE(logs().has(log_level::info, "info of b"));
  EXPECT_TRUE(logs().has(log_level::error, "error of b"));
  rt->reload("b");
  ASSERT_TRUE(rt->emit_sync("talk", json::object(), soon).all_handled());
  EXPECT_FALSE(logs().has(log_level::info, "info of b")) << "a reload keeps the level";
}

TEST_F(LogOutput, ForPeopleLetsNoControlByteThrough) {
  ::testing::internal::CaptureStderr();
  text_log_to_stderr()({"p", log_level::warn, "red \x1b[31m\nnew line", {{"k", "\x07"}}, now()});
  const auto text = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("p: red "));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogOutput, GoesToFilesOfABoundedSize) {
  const work_folder folder;
  const auto path = folder.path() / "log";
  {
    const auto sink = json_log_to_files(path, 1'000, 3);
    for (int i = 0; i < 100; ++i) sink({"p", log_level::info, "line " + std::to_string(i), nullptr, now()});
  }
  std::vector<std::string> messages;
  for (const auto* name : {"log.2", "log.1", "log"}) {
    EXPECT_LE(std::filesystem::file_size(folder.path() / name), 1'000U);
    std::ifstream in{folder.path() / name};
    for (std::string line; std::getline(in, line);) messages.push_back(json::parse(line)["message"]);
  }
  ASSERT_GT(messages.size(), 20U);
  for (std::size_t i = 0; i < messages.size(); ++i)
    EXPECT_EQ(messages[messages.size() - 1 - i], "line " + std::to_string(99 - i));
  EXPECT_THROW(json_log_to_files(folder.path() / "none" / "log", 1'000, 3), error);
}

TEST_F(LogOutput, SaysHowManyLinesItHasLostAndWaitsForThoseItHasNot) {
  const work_folder folder;
  const auto sink = json_log_to_files(folder.path() / "log", 1'000, 1);
  sink({"p", log_level::info, "m", nullptr, now()});
  EXPECT_TRUE(flush_log(sink, soon));
  EXPECT_GT(std::filesystem::file_size(folder.path() / "log"), 0U);
  EXPECT_EQ(lost_log_lines(sink), 0U);
  EXPECT_EQ(lost_log_lines([](const log_record&) {}), 0U);
}

}  // namespace
}  // namespace streamspace
