#include <algorithm>
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <support/postgres_fixture.hpp>

#include "program.hpp"
#include <streamspace/messages/json.hpp>

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Demo : public ::testing::Test {
 protected:
  /// The program as ./run starts it, with a temporary folder of its own, in which whatever it leaves can be seen.
  std::unique_ptr<program> run(std::vector<std::string> options) {
    options.insert(options.begin(), "demo");
    return std::make_unique<program>(STREAMSPACE_PROGRAM, options,
                                     std::vector<std::string>{"TMPDIR=" + temporary_.string(), "PATH=/usr/bin:/bin"});
  }

  std::vector<fs::path> left_behind() const {
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator{temporary_}) left.push_back(entry.path());
    return left;
  }

  json outcome() const { return json::parse(std::ifstream{json_file_}); }

  scratch_folder scratch_{fast_temporary_folder()};
  const fs::path json_file_ = scratch_.path() / "outcome.json";
  const fs::path temporary_ = scratch_.path() / "tmp";

 private:
  void SetUp() override {
    fs::create_directory(temporary_);
    fs::permissions(temporary_, fs::perms::all);
  }
};

TEST_F(Demo, ShowsThatEverythingHappened) {
  const auto demo = run({"--users", "5", "--sessions", "20", "--clients", "4", "--json", json_file_});
  EXPECT_EQ(demo->exit_status(), 0) << demo->output();
  EXPECT_THAT(demo->output(), HasSubstr("All 13 checks hold."));
  const auto written = outcome();
  EXPECT_EQ(written.at("ok"), true);
  for (const auto& check : written.at("checks")) EXPECT_EQ(check.at("ok"), true) << check;
  EXPECT_EQ(written.at("figures").at("requests"), 3 * 5 + 6 * 20);
  EXPECT_EQ(written.at("figures").at("events"), 3 * 5 + 6 * 20);
  EXPECT_THAT(left_behind(), IsEmpty());
}

TEST_F(Demo, KeepsItsDataWhenAskedTo) {
  const auto demo = run({"--users", "1", "--sessions", "1", "--keep"});
  EXPECT_EQ(demo->exit_status(), 0) << demo->output();
  const auto left = left_behind();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_TRUE(fs::exists(left.front() / "data" / "postgres" / "PG_VERSION"));
  EXPECT_FALSE(fs::exists(left.front() / "data" / "postgres" / "postmaster.pid"));
}

struct signal_case {
  int number;
  int exit_status;
  const char* when;  ///< What the demo says just before.
};

class DemoToldToStop : public Demo, public ::testing::WithParamInterface<signal_case> {};

TEST_P(DemoToldToStop, LeavesNothingBehind) {
  const auto demo = run({"--users", "20", "--sessions", "10000", "--json", json_file_});
  ASSERT_TRUE(demo->await_output(GetParam().when)) << demo->output();
  const auto processes = demo->descendants();
  demo->signal(GetParam().number);
  EXPECT_EQ(demo->exit_status(), GetParam().exit_status) << demo->output();
  EXPECT_THAT(demo->output(), HasSubstr("stopped by a signal"));
  for (const auto& p : processes) EXPECT_FALSE(p.alive()) << p.command << " " << p.pid;
  EXPECT_THAT(left_behind(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Signals, DemoToldToStop,
    ::testing::Values(signal_case{SIGTERM, 143, "starting PostgreSQL"}, signal_case{SIGTERM, 143, "creating users"},
                      signal_case{SIGTERM, 143, "running sessions"}, signal_case{SIGINT, 130, "running sessions"}),
    [](const auto& told) {
      auto name = (told.param.number == SIGTERM ? "TermWhile_" : "IntWhile_") + std::string{told.param.when};
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

TEST_F(Demo, HasAPostgresThatCouldBeLeftBehind) {
  const auto demo = run({"--users", "1", "--sessions", "10000"});
  ASSERT_TRUE(demo->await_output("running sessions")) << demo->output();
  EXPECT_THAT(demo->descendants(), Contains(Field(&process_id::command, "postgres")));
  EXPECT_EQ(left_behind().size(), 1u);
  demo->signal(SIGTERM);
  EXPECT_EQ(demo->exit_status(), 143) << demo->output();
}

TEST_F(Demo, RefusesAJsonFileThatCannotBeWrittenBeforeItStarts) {
  const auto demo = run({"--json", scratch_.path() / "missing" / "outcome.json"});
  EXPECT_NE(demo->exit_status(), 0);
  EXPECT_THAT(demo->output(), HasSubstr("missing/outcome.json"));
  EXPECT_EQ(std::count(demo->output().begin(), demo->output().end(), '\n'), 1);
  EXPECT_THAT(left_behind(), IsEmpty());
}

TEST_F(Demo, SaysWhyItCouldNotBeRun) {
  fs::remove(temporary_);
  const auto demo = run({"--json", json_file_});
  EXPECT_EQ(demo->exit_status(), 1);
  EXPECT_THAT(demo->output(), HasSubstr("set TMPDIR"));
  const auto written = outcome();
  EXPECT_EQ(written.at("ok"), false);
  EXPECT_THAT(written.at("checks").at(0).at("detail").get<std::string>(), HasSubstr("set TMPDIR"));
  fs::create_directory(temporary_);
}

}  // namespace
}  // namespace streamspace::testing
