#include <regex>

#include <cli/plugin_project.hpp>
#include <gmock/gmock.h>

#include "work_folder.hpp"
#include <streamspace/plugins/dependencies/semver_range.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class PluginProject : public work_folder {
 protected:
  fs::path made(const std::string& name, const std::string& template_name = "event") const {
    return write_project(of(name, template_name));
  }
  plugin_project of(const std::string& name, const std::string& template_name = "event") const {
    return {.name = name,
            .template_name = template_name,
            .directory = folder() / "project",
            .streamspace_version = "0.1.0"};
  }
  static error refusal(const plugin_project& project) {
    try {
      write_project(project);
    } catch (const error& e) {
      return e;
    }
    ADD_FAILURE() << "nothing was refused";
    return {ec::internal, ""};
  }
};

TEST(PluginTemplates, AreListedByName) {
  EXPECT_THAT(template_names(), ElementsAre("actor", "event", "full", "http"));
}

TEST(PluginClass, IsNamedAsThePlugin) {
  EXPECT_EQ(class_name_of("greeter"), "greeter_plugin");
  EXPECT_EQ(class_name_of("session-counter"), "session_counter_plugin");
  EXPECT_EQ(class_name_of("my-plugin"), "my_plugin");
}

TEST(PluginClass, IsNeverAWordThatIsTaken) {
  EXPECT_EQ(class_name_of("class"), "class_plugin");
  EXPECT_EQ(class_name_of("3d-view"), "plugin_3d_view");
  EXPECT_EQ(class_name_of("a--b"), "a_b_plugin");
}

TEST_F(PluginProject, HasWhatAPluginNeeds) {
  const auto place = made("greeter");
  EXPECT_EQ(place, folder() / "project");
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{place})
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), place).string());
  EXPECT_THAT(files, UnorderedElementsAre(".gitignore", "CMakeLists.txt", "README.md", "manifest.json",
                                          "src/greeter.cpp", "src/greeter.hpp", "tests/greeter_test.cpp"));
  EXPECT_THAT(names(), ElementsAre("project"));
}

TEST_F(PluginProject, IsBuiltUnderThePluginsName) {
  made("session-counter");
  EXPECT_THAT(read("project/CMakeLists.txt"), HasSubstr("streamspace_add_plugin(session-counter\n"
                                                        "  SOURCES src/session-counter.cpp\n"
                                                        "  TEST_SOURCES tests/session-counter_test.cpp)"));
  EXPECT_THAT(read("project/src/session-counter.cpp"), HasSubstr("STREAMSPACE_PLUGIN(session_counter_plugin)"));
  EXPECT_THAT(read("project/tests/session-counter_test.cpp"), HasSubstr("plugin_harness<session_counter_plugin>"));
}

TEST_F(PluginProject, MayTakeTheFolderOfThePluginsName) {
  const auto before = fs::current_path();
  fs::current_path(folder());
  auto project = of("greeter");
  project.directory.clear();
  const auto place = write_project(project);
  fs::current_path(before);
  EXPECT_EQ(place.filename(), "greeter");
  EXPECT_THAT(names(), ElementsAre("greeter"));
}

TEST_F(PluginProject, MayTakeAnEmptyFolder) {
  fs::create_directory(folder() / "project");
  made("greeter");
  EXPECT_TRUE(fs::exists(folder() / "project/manifest.json"));
}

TEST_F(PluginProject, MayBeGivenWithASlashAtTheEnd) {
  auto project = of("greeter");
  project.directory = (folder() / "project").string() + "/";
  EXPECT_EQ(write_project(project), folder() / "project");
}

class EachTemplate : public PluginProject, public ::testing::WithParamInterface<std::string> {};

TEST_P(EachTemplate, HasAManifestWithoutFaults) {
  made("greeter", GetParam());
  const auto manifest = checked_manifest(json::parse(read("project/manifest.json")));
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->name, "greeter");
  EXPECT_EQ(satisfies("0.1.0", manifest->requirements.streamspace_version.value_or("")), true);
}

TEST_P(EachTemplate, LeavesNoPlaceholderBehind) {
  made("greeter", GetParam());
  const std::regex placeholder{"@[A-Z]+@"};
  for (const auto& entry : fs::recursive_directory_iterator{folder()})
    if (entry.is_regular_file()) {
      EXPECT_FALSE(std::regex_search(read(entry.path()), placeholder)) << entry.path();
      EXPECT_EQ(entry.path().string().find("NAME"), std::string::npos) << entry.path();
    }
}

INSTANTIATE_TEST_SUITE_P(All, EachTemplate, ::testing::ValuesIn(template_names()),
                         [](const auto& one) { return one.param; });

TEST_F(PluginProject, RefusesNamesThatNoPluginMayHave) {
  for (const auto* name : {"", "Greeter", "-greeter", "greeter-", "a_b", "../greeter", "installed"}) {
    const auto e = refusal(of(name));
    EXPECT_EQ(e.code(), ec::invalid_argument) << name;
    EXPECT_THAT(e.message(), HasSubstr("name")) << name;
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PluginProject, RefusesNamesThatNoTargetMayHave) {
  EXPECT_EQ(refusal(of("test")).message(), "CMake keeps the name 'test' for itself; choose another one");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PluginProject, OfAnActorSaysThatItWantsActors) {
  made("greeter", "actor");
  EXPECT_THAT(read("project/CMakeLists.txt"),
              AllOf(HasSubstr("COMPONENTS sdk actors)"), HasSubstr("streamspace_add_plugin(greeter ACTORS\n")));
  EXPECT_THAT(read("project/src/greeter.cpp"), HasSubstr("STREAMSPACE_ACTOR_PLUGIN(greeter_plugin)"));
}

TEST_F(PluginProject, RefusesATemplateThatThereIsNot) {
  EXPECT_EQ(refusal(of("greeter", "common")).message(),
            "there is no template 'common'; there are actor, event, full, http");
}

TEST_F(PluginProject, LeavesAFolderAloneThatIsNotEmpty) {
  write("project/notes.txt", "mine");
  const auto e = refusal(of("greeter"));
  EXPECT_EQ(e.code(), ec::already_exists);
  EXPECT_EQ(e.message(), "the folder '" + (folder() / "project").string() + "' is not empty; choose another place");
  EXPECT_EQ(read("project/notes.txt"), "mine");
  EXPECT_FALSE(fs::exists(folder() / "project/manifest.json"));
  EXPECT_THAT(names(), ElementsAre("project"));
}

TEST_F(PluginProject, LeavesAFileAlone) {
  write("project", "mine");
  EXPECT_THAT(refusal(of("greeter")).message(), HasSubstr("is there already and is no folder"));
  EXPECT_EQ(read("project"), "mine");
}

TEST_F(PluginProject, LeavesNothingBehindWhenItCannotBeWritten) {
  const full_disk full{100};
  const auto e = refusal(of("greeter"));
  EXPECT_EQ(e.code(), ec::io_error);
  EXPECT_THAT(e.message(), AllOf(HasSubstr("cannot write"), HasSubstr("File too large")));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PluginProject, RefusesAPlaceInNoFolder) {
  auto project = of("greeter");
  project.directory = folder() / "none" / "project";
  EXPECT_THAT(refusal(project).message(), HasSubstr("there is no folder '" + (folder() / "none").string() + "'"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PluginProject, RefusesTheWorkingFolder) {
  const auto before = fs::current_path();
  fs::current_path(folder());
  auto project = of("greeter");
  project.directory = ".";
  const auto e = refusal(project);
  fs::current_path(before);
  EXPECT_THAT(e.message(), HasSubstr("the working folder cannot become the project's"));
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace streamspace::testing
