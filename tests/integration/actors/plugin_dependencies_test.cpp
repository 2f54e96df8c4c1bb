// Plugins that need each other: in which order they come and go, and what is refused.
#include <gmock/gmock.h>

#include "database_runtime_test.hpp"

namespace streamspace {
namespace {

using ::testing::AllOf;
using testing::code_of;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::scripted;
using testing::state_of;

class PluginDependencies : public testing::database_runtime_test {
 protected:
  plugin_factory noted(const std::string& name, std::map<std::string, std::string> needs = {},
                       const std::string& version = "1.0.0") {
    auto made = scripted(name, {.on_load = [this, name](plugin_context&) { book_->write("+" + name); },
                                .on_unload = [this, name](plugin_context&) { book_->write("-" + name); }});
    made.manifest.dependencies = std::move(needs);
    made.manifest.version = version;
    return made;
  }
};

TEST_F(PluginDependencies, ComeAfterThoseThatTheyNeedAndGoBeforeThem) {
  const auto rt = started_on_database({noted("a", {{"b", "^1"}}), noted("b", {{"c", "*"}}), noted("c"), noted("d")});
  auto lines = book_->lines();
  std::erase(lines, "+d");
  EXPECT_THAT(lines, ElementsAre("+c", "+b", "+a"));
  book_->clear();
  rt->reload("c");
  book_->clear();
  rt->stop();
  lines = book_->lines();
  std::erase(lines, "-d");
  EXPECT_THAT(lines, ElementsAre("-a", "-b", "-c"));
}

TEST_F(PluginDependencies, AreSkippedWithTheChainThatKeepsThemAway) {
  const auto rt = started_on_database({noted("shop", {{"billing", "*"}}), noted("billing", {{"slack", "^2"}}),
                                       noted("slack", {}, "1.9.3"), noted("apart")});
  EXPECT_EQ(state_of(*rt, "apart"), plugin_state::enabled);
  EXPECT_EQ(state_of(*rt, "slack"), plugin_state::enabled);
  EXPECT_EQ(state_of(*rt, "shop"), std::nullopt);
  EXPECT_TRUE(logs().has(log_level::error, "billing 1.0.0 needs slack ^2, but 1.9.3 is installed"));
  EXPECT_TRUE(logs().has(log_level::error, "shop 1.0.0 needs billing"));
}

TEST_F(PluginDependencies, AreSkippedWhenOneThatTheyNeedCannotBeLoaded) {
  const auto rt = started_on_database(
      {noted("shop", {{"broken", "*"}}),
       scripted("broken", {.on_load = [](plugin_context&) { throw std::runtime_error{"not today"}; }})});
  EXPECT_EQ(state_of(*rt, "broken"), plugin_state::failed);
  EXPECT_EQ(state_of(*rt, "shop"), std::nullopt);
  EXPECT_TRUE(logs().has(log_level::error, "plugin shop needs plugin broken"));
}

TEST_F(PluginDependencies, ComeUpWhereverOthersAreMissing) {
  query("INSERT INTO installed_plugins (name, version) VALUES ('absent', '1.0.0'), ('aaa', '1.0.0')");
  const auto rt = started_on_database({noted("r"), noted("x", {{"r", "*"}})});
  EXPECT_THAT(book_->lines(), ElementsAre("+r", "+x"));
}

TEST_F(PluginDependencies, InACircleAreAllSkipped) {
  const auto rt = started_on_database({noted("a", {{"b", "*"}}), noted("b", {{"a", "*"}}), noted("c")});
  EXPECT_THAT(book_->lines(), ElementsAre("+c"));
  EXPECT_TRUE(logs().has(log_level::error, "a -> b -> a depend on each other") ||
              logs().has(log_level::error, "depend on each other"));
  EXPECT_EQ(code_of([&] { rt->load({.name = "a"}); }), ec::conflict);
}

TEST_F(PluginDependencies, KeepThoseThatTheyNeedFromBeingStopped) {
  const auto rt = started_on_database({noted("base"), noted("mid", {{"base", "*"}}), noted("top", {{"mid", "*"}})});
  for (const auto& stop : std::vector<std::function<void()>>{[&] { rt->unload("base"); }, [&] { rt->disable("base"); },
                                                             [&] { rt->uninstall("base", plugin_data::keep); }}) {
    const auto refused = failure_of(stop);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), ec::conflict);
    EXPECT_THAT(refused->message(), AllOf(HasSubstr("base is needed by mid"), HasSubstr("top")));
    EXPECT_EQ(state_of(*rt, "base"), plugin_state::enabled);
  }
}

TEST_F(PluginDependencies, GoWithThoseThatTheyNeedWhenThatIsWanted) {
  const auto rt = started_on_database({noted("base"), noted("mid", {{"base", "*"}}), noted("top", {{"mid", "*"}})});
  book_->clear();
  rt->disable("base", dependents::stop);
  for (const auto* name : {"base", "mid", "top"}) EXPECT_EQ(state_of(*rt, name), plugin_state::disabled);
  EXPECT_EQ(code_of([&] { rt->enable("top"); }), ec::conflict) << "what it needs is disabled";
  for (const auto* name : {"base", "mid", "top"}) rt->enable(name);
  book_->clear();
  rt->unload("base", dependents::stop);
  EXPECT_THAT(book_->lines(), ElementsAre("-top", "-mid", "-base"));
}

TEST_F(PluginDependencies, OfTheServerItselfAreHeldAgainstItsVersion) {
  auto old = noted("old");
  old.manifest.requirements.maximum_version = "0.9";
  auto fitting = noted("fitting");
  fitting.manifest.requirements.streamspace_version = ">=1.0.0 <2";
  auto settings = with_database();
  settings.platform_version = "1.4.0";
  const auto rt = started_on_database({old, fitting}, std::move(settings));
  EXPECT_THAT(book_->lines(), ElementsAre("+fitting"));
  const auto refused = failure_of([&] { rt->load({.name = "old"}); });
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message(), HasSubstr("old 1.0.0 needs StreamSpace 0.9 or older, but this server is 1.4.0"));
}

TEST_F(PluginDependencies, ThatAreOptionalAreDoneWithout) {
  auto with = noted("with");
  with.manifest.extra["optionalDependencies"] = {{"absent", "*"}, {"present", "^1"}};
  const auto rt = started_on_database({with, noted("present")});
  EXPECT_THAT(book_->lines(), ElementsAre("+present", "+with"));
  EXPECT_TRUE(logs().has(log_level::warn, "absent"));
  rt->unload("present");
  EXPECT_EQ(state_of(*rt, "with"), plugin_state::enabled);
}

}  // namespace
}  // namespace streamspace
