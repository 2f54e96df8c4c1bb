// From nothing to a plugin that answers on a running server, as its author does it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <cli/http_client.hpp>
#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include "program.hpp"

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// What a compiler may take at most on a machine that has much else to do.
constexpr std::chrono::minutes a_build{2};

class PluginDev : public ::testing::Test {
 protected:
  PluginDev()
      : server_{STREAMSPACE_PROGRAM,
                {"serve", "--port", "0", "--data-dir", path("var"), "--database-url", database_.url()},
                environment()} {
    EXPECT_TRUE(server_.await_output("Ctrl-C stops it")) << server_.output();
    url_ = word_after("StreamSpace serves at ");
    client_ = std::make_unique<http_client>(url_);
    client_->set_token(word_after("export TOKEN="));
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  static std::vector<std::string> environment() { return {"PATH=/usr/bin:/bin", "HOME=/tmp"}; }
  std::string word_after(const std::string& text) const {
    const auto at = server_.output().find(text);
    std::istringstream rest{at == std::string::npos ? "" : server_.output().substr(at + text.size())};
    std::string word;
    rest >> word;
    return word;
  }

  void make_project(const std::string& from = "http") const {
    program made{STREAMSPACE_PROGRAM,
                 {"plugin", "new", "greeter", "--template", from, "--directory", path("greeter")},
                 environment()};
    ASSERT_EQ(made.exit_status(), 0) << made.output();
  }
  std::vector<std::string> dev(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"plugin", "dev", path("greeter"), "--data-dir", path("var"), "--server", url_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  /// Replaces a text of the plugin's source.
  void edit(const std::string& before, const std::string& after) const {
    const auto file = path("greeter/src/greeter.cpp");
    std::stringstream text;
    text << std::ifstream{file}.rdbuf();
    auto changed = text.str();
    ASSERT_NE(changed.find(before), std::string::npos);
    changed.replace(changed.find(before), before.size(), after);
    std::ofstream{file} << changed;
  }
  json greeting() { return client_->get("/api/plugins/greeter/hello/ann").json(); }

  const scratch_folder folder_;
  const test_database database_;
  program server_;
  std::string url_;
  std::unique_ptr<http_client> client_;
};

TEST_F(PluginDev, BringsANewPluginUpAndEachChangeOfIt) {
  make_project();
  program dev_run{STREAMSPACE_PROGRAM, dev(), environment()};
  ASSERT_TRUE(dev_run.await_output("watching")) << dev_run.output();
  EXPECT_EQ(greeting(), (json{{"hello", "ann"}})) << dev_run.output();
  edit("\"hello\"", "\"bonjour\"");
  ASSERT_TRUE(eventually([&] { return greeting().contains("bonjour"); }, a_build)) << dev_run.output();
  edit("\"bonjour\"", "\"unfinished");
  ASSERT_TRUE(dev_run.await_output("could not be built; the server goes on with what it has"));
  EXPECT_EQ(greeting(), (json{{"bonjour", "ann"}}));
  dev_run.signal(SIGINT);
  EXPECT_EQ(dev_run.exit_status(), 0);
  EXPECT_EQ(greeting(), (json{{"bonjour", "ann"}})) << "the plugin stays";
}

TEST_F(PluginDev, BringsUpAPluginThatIsAnActor) {
  make_project("actor");
  program dev_run{STREAMSPACE_PROGRAM, dev({"--once"}), environment()};
  EXPECT_EQ(dev_run.exit_status(), 0) << dev_run.output();
  EXPECT_EQ(client_->get("/api/plugins/greeter/sessions").json(), (json{{"sessions", 0}})) << dev_run.output();
}

TEST_F(PluginDev, SaysWhyTheServerDoesNotTakeIt) {
  make_project();
  edit("ctx.api()", "throw ss::error{ss::ec::invalid_argument, \"not on a Saturday\"};\n  ctx.api()");
  program dev_run{STREAMSPACE_PROGRAM, dev({"--once"}), environment()};
  EXPECT_EQ(dev_run.exit_status(), 1);
  EXPECT_THAT(dev_run.output(), HasSubstr("greeter was not installed: "));
  EXPECT_THAT(dev_run.output(), HasSubstr("not on a Saturday"));
  EXPECT_EQ(client_->get("/api/plugins/greeter/hello/ann").status, 404);
}

TEST_F(PluginDev, SaysWhatIsMissing) {
  program no_project{STREAMSPACE_PROGRAM, {"plugin", "dev", path("var"), "--data-dir", path("var")}, environment()};
  EXPECT_EQ(no_project.exit_status(), 1);
  EXPECT_THAT(no_project.output(), HasSubstr("there is no manifest.json in"));
  make_project();
  program no_server{STREAMSPACE_PROGRAM, {"plugin", "dev", path("greeter"), "--data-dir", path("none")}, environment()};
  EXPECT_EQ(no_server.exit_status(), 1);
  EXPECT_THAT(no_server.output(), HasSubstr("start the server"));
}

}  // namespace
}  // namespace streamspace::testing
