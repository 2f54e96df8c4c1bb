#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "program.hpp"
#include <streamspace/messages/names.hpp>

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class PluginCommands : public ::testing::Test {
 protected:
  struct ended {
    std::optional<int> status;
    std::string output;  ///< Of both streams.
  };

  PluginCommands() : folder_{fs::temp_directory_path() / ("streamspace-" + new_id())} { fs::create_directory(folder_); }
  ~PluginCommands() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static ended plugin(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), "plugin");
    environment.emplace_back("PATH=/usr/bin:/bin");
    program run{STREAMSPACE_PROGRAM, std::move(arguments), std::move(environment)};
    const auto status = run.exit_status();
    return {status, run.output()};
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// A project with a file where its code will be.
  void make_project() const {
    ASSERT_EQ(plugin({"new", "greeter", "--directory", path("greeter")}).status, 0);
    fs::create_directories(path("greeter/build"));
    std::ofstream{path("greeter/build/greeter.so")} << "\177ELF and so on";
  }

 private:
  const fs::path folder_;
};

TEST_F(PluginCommands, NewWritesAProjectAndSaysWhere) {
  const auto run = plugin({"new", "greeter", "--template", "http", "--directory", path("greeter")});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "made " + path("greeter") + "; README.md in it says how to build, test and pack the plugin\n");
  EXPECT_TRUE(fs::exists(path("greeter/src/greeter.cpp")));
}

TEST_F(PluginCommands, PackPrintsNameSizeAndHash) {
  make_project();
  const auto run = plugin({"pack", path("greeter"), "--output", path("greeter-0.1.0.tar.gz")});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, MatchesRegex(path("greeter-0.1.0.tar.gz") + "\n[0-9]+ bytes\nsha256 [0-9a-f]+\n"));
  EXPECT_TRUE(fs::exists(path("greeter-0.1.0.tar.gz.sha256")));
}

TEST_F(PluginCommands, PackTakesTheTimeOfTheEnvironment) {
  make_project();
  const auto pack = [&](std::vector<std::string> environment) {
    return plugin({"pack", path("greeter"), "--output", path("p.tar.gz")}, std::move(environment));
  };
  const auto plain = pack({});
  EXPECT_EQ(plain.status, 0);
  EXPECT_EQ(plain.output, pack({"SOURCE_DATE_EPOCH=0"}).output);
  EXPECT_NE(plain.output, pack({"SOURCE_DATE_EPOCH=1700000000"}).output);
  const auto wrong = pack({"SOURCE_DATE_EPOCH=yesterday"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.output, HasSubstr("SOURCE_DATE_EPOCH must be a number of seconds since 1970, not 'yesterday'"));
}

TEST_F(PluginCommands, PackPrintsEveryFaultOfAManifest) {
  make_project();
  std::ofstream{path("greeter/manifest.json")} << R"({"name": "greeter", "version": "1", "type": "pizza"})";
  const auto run = plugin({"pack", path("greeter"), "--output", path("p.tar.gz")});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 3) << run.output;
  EXPECT_FALSE(fs::exists(path("p.tar.gz")));
}

TEST_F(PluginCommands, PackWithoutCodeEndsWith2) {
  ASSERT_EQ(plugin({"new", "greeter", "--directory", path("greeter")}).status, 0);
  const auto run = plugin({"pack", path("greeter"), "--output", path("p.tar.gz")});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, HasSubstr("there is no greeter.so in"));
}

struct wrong_plugin_call {
  std::vector<std::string> arguments;
  const char* says;
};

class PluginCalledWrongly : public ::testing::TestWithParam<wrong_plugin_call> {};

TEST_P(PluginCalledWrongly, EndsWith2AndOneLine) {
  auto arguments = GetParam().arguments;
  arguments.insert(arguments.begin(), "plugin");
  program run{STREAMSPACE_PROGRAM, arguments, {"PATH=/usr/bin:/bin"}};
  EXPECT_EQ(run.exit_status(), 2);
  EXPECT_THAT(run.output(), HasSubstr(GetParam().says));
  EXPECT_EQ(std::count(run.output().begin(), run.output().end(), '\n'), 1) << run.output();
}

INSTANTIATE_TEST_SUITE_P(
    Calls, PluginCalledWrongly,
    ::testing::Values(wrong_plugin_call{{}, "streamspace plugin: A subcommand is required"},
                      wrong_plugin_call{{"nwe", "greeter"}, "did you mean 'new'?"},
                      wrong_plugin_call{{"new"}, "NAME is required"},
                      wrong_plugin_call{{"new", "Greeter"}, "may only have lower-case letters, digits and hyphens"},
                      wrong_plugin_call{{"new", "greeter", "--template", "cron"}, "--template"},
                      wrong_plugin_call{{"new", "greeter", "--directory", "/none/greeter"}, "no folder '/none'"},
                      wrong_plugin_call{{"pack"}, "DIR is required"},
                      wrong_plugin_call{{"pack", "/none"}, "there is no folder '/none'"}));

}  // namespace
}  // namespace streamspace::testing
