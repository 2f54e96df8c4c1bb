#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <support/postgres_fixture.hpp>
#include <support/sanitizers.hpp>
#include <sys/stat.h>

#include <streamspace/plugins/discovery/plugin_discovery.hpp>
#include <streamspace/plugins/manifest/manifest_check.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Runs as a user without rights while this is there; nothing but root can.
class as_nobody {
 public:
  static constexpr uid_t id = 65534;
  as_nobody() : done_{::geteuid() == 0 && ::seteuid(id) == 0} {}
  ~as_nobody() {
    if (done_ && ::seteuid(0) != 0) ADD_FAILURE() << "root's rights did not come back";
  }
  as_nobody(const as_nobody&) = delete;
  as_nobody& operator=(const as_nobody&) = delete;

 private:
  bool done_;
};

class PluginDiscovery : public ::testing::Test {
 protected:
  PluginDiscovery() { folder(plugins_); }

  static const fs::path& mode(const fs::path& path, mode_t mode) {
    EXPECT_EQ(::chmod(path.c_str(), mode), 0) << path;
    return path;
  }
  static fs::path folder(const fs::path& path) {
    fs::create_directory(path);
    return mode(path, 0755);
  }
  static fs::path file(const fs::path& path, const std::string& text = "") {
    std::ofstream{path} << text;
    return mode(path, 0644);
  }
  /// A plugin's folder; no manifest where none is given.
  static fs::path plugin(const fs::path& path, const std::string& code, const std::optional<json>& manifest = {}) {
    folder(path);
    if (!code.empty()) file(path / code);
    if (manifest) file(path / "manifest.json", manifest->dump(-1, ' ', false, json::error_handler_t::replace));
    return path;
  }
  static json manifest(const std::string& name) { return {{"name", name}, {"version", "1.2.3"}}; }

  discovered_plugins scan() const { return discover_plugins({plugins_}); }

  /// "NAME: WHY", or "NAME" for one that can be loaded.
  static std::vector<std::string> lines(const discovered_plugins& found) {
    std::vector<std::string> all;
    for (const auto& each : found.all()) all.push_back(each.name + (each.rejected.empty() ? "" : ": " + each.rejected));
    return all;
  }
  std::vector<std::string> scanned() const { return lines(scan()); }
  std::string text(const fs::path& below) const { return (plugins_ / below).string(); }

  testing::scratch_folder scratch_{testing::fast_temporary_folder()};
  const fs::path plugins_ = scratch_.path() / "plugins";
};

TEST_F(PluginDiscovery, FindsALoneFileWithAPlainManifest) {
  file(plugins_ / "slack.so");
  file(plugins_ / "streamspace-mail.so");
  const auto found = scan();
  EXPECT_THAT(lines(found), ElementsAre("mail", "slack"));
  EXPECT_THAT(found.faults(), IsEmpty());
  const auto* slack = found.find("slack");
  ASSERT_TRUE(slack);
  EXPECT_EQ(slack->file, plugins_ / "slack.so");
  EXPECT_EQ(slack->manifest.name, "slack");
  EXPECT_EQ(slack->manifest.display_name, "slack");
  EXPECT_EQ(slack->manifest.version, "0.0.0");
  EXPECT_EQ(found.find("mail")->file, plugins_ / "streamspace-mail.so");
  EXPECT_EQ(found.find("mail")->manifest.name, "mail");
  EXPECT_FALSE(found.find("sla"));
}

TEST_F(PluginDiscovery, FindsFoldersUnderEitherName) {
  plugin(plugins_ / "a", "a.so", manifest("a"));
  plugin(plugins_ / "b", "streamspace-b.so", manifest("b"));
  plugin(plugins_ / "streamspace-c", "c.so", manifest("c"));
  plugin(plugins_ / "streamspace-d", "streamspace-d.so", manifest("streamspace-d"));
  plugin(plugins_ / "e", "streamspace-e.so", manifest("streamspace-e"));
  plugin(plugins_ / "f", "f.so");
  const auto found = scan();
  EXPECT_THAT(lines(found), ElementsAre("a", "b", "c", "f", "streamspace-d", "streamspace-e"));
  EXPECT_EQ(found.find("a")->manifest.version, "1.2.3");
  EXPECT_EQ(found.find("streamspace-d")->file, plugins_ / "streamspace-d" / "streamspace-d.so");
  EXPECT_EQ(found.find("f")->manifest.version, "0.0.0");
}

TEST_F(PluginDiscovery, GivesAbsolutePathsForARelativeDirectory) {
  file(plugins_ / "a.so");
  const auto found = discover_plugins({fs::relative(plugins_), ""});
  ASSERT_THAT(lines(found), ElementsAre("a"));
  EXPECT_TRUE(found.find("a")->file.is_absolute());
  EXPECT_TRUE(fs::equivalent(found.find("a")->file, plugins_ / "a.so"));
}

TEST_F(PluginDiscovery, PassesOverWhatIsNoPlugin) {
  file(plugins_ / "README.md");
  file(plugins_ / "manifest.json", "{}");
  file(plugins_ / ".hidden.so");
  file(plugins_ / "old.so~");
  file(plugins_ / "new.so.tmp");
  plugin(plugins_ / ".slack", "slack.so");
  plugin(plugins_ / "mail.tmp", "mail.tmp.so");
  plugin(plugins_ / "shop~", "shop~.so");
  plugin(plugins_ / "empty", "");
  plugin(plugins_ / "other", "another.so");
  fs::create_symlink(plugins_ / "README.md", plugins_ / "readme");
  fs::create_symlink("nowhere", plugins_ / "LICENSE.md");
  EXPECT_THAT(scanned(), IsEmpty());
  EXPECT_TRUE(is_passed_over(".x"));
  EXPECT_FALSE(is_passed_over("x.tmp.so"));
}

TEST_F(PluginDiscovery, TakesOneOfEachNameInAnOrderThatDoesNotDependOnTheDisk) {
  plugin(plugins_ / "streamspace-x", "x.so");
  plugin(plugins_ / "x", "streamspace-x.so");
  file(plugins_ / "x" / "x.so");
  file(plugins_ / "streamspace-x.so");
  const auto lone = file(plugins_ / "x.so");
  const auto found = scan();
  std::vector<fs::path> files;
  for (const auto& each : found.all()) files.push_back(each.file.lexically_relative(plugins_));
  EXPECT_THAT(files, ElementsAre("x.so", "streamspace-x.so", "x/x.so", "x/streamspace-x.so", "streamspace-x/x.so"));
  const auto shadowed = "x: shadowed by " + lone.string();
  EXPECT_THAT(lines(found), ElementsAre("x", shadowed, shadowed, shadowed, shadowed));
  EXPECT_EQ(found.find("x")->file, lone);
}

TEST_F(PluginDiscovery, PrefersTheFirstDirectory) {
  const auto second = folder(scratch_.path() / "second");
  plugin(plugins_ / "x", "x.so");
  file(second / "x.so");
  file(second / "y.so");
  EXPECT_THAT(lines(discover_plugins({plugins_, second})), ElementsAre("x", "x: shadowed by " + text("x/x.so"), "y"));
  EXPECT_THAT(lines(discover_plugins({second, plugins_})),
              ElementsAre("x", "x: shadowed by " + (second / "x.so").string(), "y"));
}

TEST_F(PluginDiscovery, LetsARejectedPluginShadowNothing) {
  const auto second = folder(scratch_.path() / "second");
  mode(file(plugins_ / "x.so"), 0666);
  file(second / "x.so");
  const auto found = discover_plugins({plugins_, second});
  ASSERT_THAT(found.all(), SizeIs(2));
  EXPECT_THAT(found.all()[0].rejected, HasSubstr("chmod"));
  EXPECT_EQ(found.find("x")->file, second / "x.so");
  EXPECT_EQ(found.find("x")->rejected, "");

  mode(second / "x.so", 0666);
  EXPECT_EQ(discover_plugins({plugins_, second}).find("x")->file, plugins_ / "x.so") << "the first of the rejected";
}

TEST_F(PluginDiscovery, LooksOnceAtADirectoryThatIsGivenTwice) {
  file(plugins_ / "x.so");
  fs::create_directory_symlink(plugins_, scratch_.path() / "link");
  EXPECT_THAT(lines(discover_plugins({plugins_, plugins_, scratch_.path() / "link"})), ElementsAre("x"));
}

TEST_F(PluginDiscovery, SkipsMissingDirectoriesAndReportsUnreadableOnes) {
  file(plugins_ / "x.so");
  const auto no_directory = file(scratch_.path() / "a\nfile");
  const auto found = discover_plugins({scratch_.path() / "missing", no_directory, plugins_});
  EXPECT_THAT(lines(found), ElementsAre("x"));
  EXPECT_THAT(found.faults(), ElementsAre(AllOf(HasSubstr("a\\nfile cannot be read: Not a directory"))));
}

TEST_F(PluginDiscovery, ReportsADirectoryThatTheUserMayNotRead) {
  mode(plugins_, 0000);
  discovered_plugins found;
  {
    const as_nobody user;
    found = scan();
  }
  mode(plugins_, 0755);
  EXPECT_THAT(found.all(), IsEmpty());
  EXPECT_THAT(found.faults(),
              ElementsAre("the plugin directory " + plugins_.string() + " cannot be read: Permission denied"));
}

TEST_F(PluginDiscovery, RejectsAFolderWithoutCode) {
  plugin(plugins_ / "slack", "", manifest("slack"));
  plugin(plugins_ / "streamspace-mail", "", manifest("streamspace-mail"));
  plugin(plugins_ / "streamspace-shop", "", manifest("shop"));
  const auto found = scan();
  EXPECT_THAT(lines(found),
              ElementsAre("shop: " + text("streamspace-shop") +
                              " has a manifest.json, but shop.so is missing; build the plugin or remove the folder",
                          HasSubstr("slack has a manifest.json, but slack.so is missing"),
                          HasSubstr("but streamspace-mail.so is missing")));
  EXPECT_EQ(found.find("streamspace-mail")->file, plugins_ / "streamspace-mail" / "streamspace-mail.so");
  EXPECT_EQ(found.find("slack")->manifest.version, "1.2.3");
}

TEST_F(PluginDiscovery, RejectsAManifestThatNamesAnother) {
  plugin(plugins_ / "a", "a.so", manifest("b"));
  plugin(plugins_ / "c", "c.so", manifest("streamspace-c"));
  plugin(plugins_ / "streamspace-d", "d.so", manifest("streamspace-d"));
  plugin(plugins_ / "streamspace-e", "streamspace-e.so", manifest("streamspace-f"));
  EXPECT_THAT(scanned(), ElementsAre("a: the manifest calls it 'b', but its file is a.so",
                                     "c: the manifest calls it 'streamspace-c', but its file is c.so",
                                     "d: the manifest calls it 'streamspace-d', but its file is d.so",
                                     "e: the manifest calls it 'streamspace-f', but its file is streamspace-e.so"));
  EXPECT_EQ(scan().find("a")->manifest.name, "a");
}

TEST_F(PluginDiscovery, TakesTheFileThatTheManifestNames) {
  const auto slack = plugin(plugins_ / "slack", "slack.so", manifest("streamspace-slack"));
  file(slack / "streamspace-slack.so");
  EXPECT_THAT(scanned(), ElementsAre("slack: the manifest calls it 'streamspace-slack', but its file is slack.so",
                                     "streamspace-slack"));
}

TEST_F(PluginDiscovery, SaysAllThatIsWrongWithAManifest) {
  plugin(plugins_ / "a", "a.so", json{{"name", "a"}, {"type", "x"}});
  plugin(plugins_ / "streamspace-b", "streamspace-b.so", json{{"name", "streamspace-b"}, {"version", 1}});
  plugin(plugins_ / "c", "c.so", json::array());
  plugin(plugins_ / "d", "d.so", json{{"name", "../../etc"}, {"version", "1.0.0"}});
  plugin(plugins_ / "e", "e.so", json{{"name", "e"}, {"version", "1.0.0"}, {"dependencies", {{"x\ny", "*"}}}});
  EXPECT_THAT(scanned(), ElementsAre(AllOf(HasSubstr("/version is missing"), HasSubstr("/type must be one of")),
                                     HasSubstr("c: the manifest is wrong: it must be an object"),
                                     HasSubstr("/name must name a plugin"), Not(HasSubstr("\n")),
                                     HasSubstr("streamspace-b: the manifest is wrong: /version must be a string")));
}

TEST_F(PluginDiscovery, StandsHostileManifests) {
  const auto write = [&](const std::string& name, const std::string& text) {
    file(plugin(plugins_ / name, name + ".so") / "manifest.json", text);
  };
  write("a-huge", std::string(manifest_limits.bytes + 1, ' '));
  write("b-deep",
        R"({"name":"b-deep","version":"1.0.0","x":)" + std::string(500'000, '[') + std::string(500'000, ']') + "}");
  write("c-open", std::string(1'000'000, '['));
  write("d-text", "\xff\xfe\n");
  write("e-empty", "");
  write("f-number", R"({"name":"f-number","version":"1.0.0","x":1e999})");
  write("g-long", R"({"name":"g-long","version":"1.0.0","dependencies":{")" + std::string(900'000, 'x') + R"(":1}})");
  ASSERT_EQ(::mkfifo((plugin(plugins_ / "h-pipe", "h-pipe.so") / "manifest.json").c_str(), 0644), 0);
  folder(plugin(plugins_ / "i-folder", "i-folder.so") / "manifest.json");
  fs::create_symlink("nowhere", plugin(plugins_ / "j-link", "j-link.so") / "manifest.json");
  fs::create_symlink("manifest.json", plugin(plugins_ / "k-loop", "k-loop.so") / "manifest.json");
  const auto found = scanned();
  EXPECT_THAT(
      found,
      ElementsAre(EndsWith("a-huge/manifest.json has more than 1048576 bytes"), HasSubstr("has more than 64 arrays"),
                  HasSubstr("is not JSON: it goes wrong at byte 1000001"), HasSubstr("goes wrong at byte 1"),
                  HasSubstr("goes wrong at byte 1"), HasSubstr("has a number that is too large"),
                  HasSubstr("g-long: the manifest is wrong"), HasSubstr("manifest.json is not a regular file"),
                  HasSubstr("manifest.json is not a regular file"), HasSubstr("a symbolic link that leads nowhere"),
                  HasSubstr("a symbolic link that leads nowhere")));
  for (const auto& line : found) EXPECT_LT(line.size(), 3'000U);
}

TEST_F(PluginDiscovery, RejectsNamesThatNoPluginMayHave) {
  const std::vector<std::string> names{"UPPER",   "a..b",     "a b", "a\nb",     "b\xff\xfe",          "catalog",
                                       "ui",      "x;reboot", "-x",  "\x1b[31m", std::string(90, 'l'), "streamspace-",
                                       "\xc3\xa4"};
  for (const auto& name : names) {
    file(plugins_ / (name + ".so"));
    plugin(plugins_ / name, name + ".so", manifest(name));
  }
  file(plugins_ / "streamspace-streamspace-.so");
  const auto found = scan();
  EXPECT_EQ(found.all().size(), 2 * names.size() + 1);
  for (const auto& each : found.all()) {
    EXPECT_THAT(each.rejected, HasSubstr("plugin name")) << each.name;
    EXPECT_NO_THROW(json({each.name, each.rejected, each.manifest.name}).dump());
    const auto has_control = [](const std::string& text) {
      return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
    };
    EXPECT_FALSE(has_control(each.name) || has_control(each.rejected)) << each.rejected;
  }
  EXPECT_TRUE(found.find("a\\nb"));
}

TEST_F(PluginDiscovery, LetsARealPluginBeCalledWhatWouldBeReservedAlone) {
  plugin(plugins_ / "streamspace-catalog", "streamspace-catalog.so", manifest("streamspace-catalog"));
  file(plugins_ / "streamspace-ui.so");
  EXPECT_THAT(scanned(), ElementsAre("streamspace-catalog", HasSubstr("ui: the plugin name 'ui' is reserved")));
}

TEST_F(PluginDiscovery, RejectsWhatIsNoRegularFile) {
  folder(plugins_ / "a.so");
  ASSERT_EQ(::mkfifo((plugins_ / "b.so").c_str(), 0644), 0);
  fs::create_symlink("nowhere", plugins_ / "c.so");
  fs::create_symlink("d.so", plugins_ / "d.so");
  folder(plugin(plugins_ / "e", "", manifest("e")) / "e.so");
  fs::create_symlink("nowhere", plugin(plugins_ / "f", "") / "f.so");
  fs::create_symlink("nowhere", plugins_ / "g");
  fs::create_symlink("/dev/null", plugins_ / "h.so");
  EXPECT_THAT(
      scanned(),
      ElementsAre("a: " + text("a.so") + " is not a regular file", "b: " + text("b.so") + " is not a regular file",
                  "c: " + text("c.so") + " is a symbolic link that leads nowhere; mend it or remove it",
                  HasSubstr("d.so is a symbolic link that leads nowhere"),
                  "e: " + text("e/e.so") + " is not a regular file",
                  HasSubstr("f/f.so is a symbolic link that leads nowhere"),
                  "g: " + text("g") + " is a symbolic link that leads nowhere; mend it or remove it",
                  "h: " + text("h.so") + " is not a regular file"));
}

TEST_F(PluginDiscovery, FollowsSymbolicLinks) {
  const auto elsewhere = folder(scratch_.path() / "elsewhere");
  plugin(elsewhere / "v2", "slack.so", manifest("slack"));
  file(elsewhere / "open.so");
  mode(elsewhere / "open.so", 0666);
  fs::create_directory_symlink(elsewhere / "v2", plugins_ / "slack");
  fs::create_symlink("/bin/sh", plugins_ / "of-root.so");
  fs::create_symlink(elsewhere / "open.so", plugins_ / "open.so");
  EXPECT_THAT(scanned(), ElementsAre("of-root", HasSubstr("open: others may write to"), "slack"));
  EXPECT_EQ(scan().find("slack")->file, plugins_ / "slack" / "slack.so");
}

TEST_F(PluginDiscovery, RejectsWhatOthersMayWriteTo) {
  mode(file(plugins_ / "a.so"), 0646);
  mode(plugin(plugins_ / "b", "b.so", manifest("b")), 0777);
  mode(plugin(plugins_ / "c", "c.so", manifest("c")) / "manifest.json", 0666);
  mode(plugin(plugins_ / "d", "d.so", manifest("d")) / "d.so", 0666);
  mode(file(plugins_ / "e.so"), 0664);
  const auto sentence = [&](const fs::path& below) {
    return "others may write to " + text(below) + "; take that from them: chmod o-w " + text(below);
  };
  EXPECT_THAT(scanned(), ElementsAre("a: " + sentence("a.so"), "b: " + sentence("b"),
                                     "c: " + sentence("c/manifest.json"), "d: " + sentence("d/d.so"), "e"));
  mode(plugins_, 0777);
  const auto found = scan();
  EXPECT_THAT(found.all(), SizeIs(5));
  for (const auto& each : found.all())
    EXPECT_THAT(each.rejected, EndsWith("chmod o-w " + plugins_.string())) << each.name;
}

TEST_F(PluginDiscovery, QuotesPathsInCommands) {
  const auto odd = mode(folder(scratch_.path() / "it's $(mine)"), 0777);
  file(odd / "x.so");
  EXPECT_THAT(lines(discover_plugins({odd})),
              ElementsAre(EndsWith("chmod o-w '" + scratch_.path().string() + "/it'\\''s $(mine)'")));
}

TEST_F(PluginDiscovery, TakesItsOwnFilesFromAStickyDirectory) {
  mode(plugins_, 01777);
  file(plugins_ / "a.so");
  mode(plugin(plugins_ / "b", "b.so", manifest("b")), 01777);
  EXPECT_THAT(scanned(), ElementsAre("a", "b"));
}

class OwnedByOthers : public PluginDiscovery {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  }
  static void give(const fs::path& path, uid_t user) { ASSERT_EQ(::lchown(path.c_str(), user, user), 0) << path; }
};

TEST_F(OwnedByOthers, AreRejected) {
  give(file(plugins_ / "a.so"), 1);
  give(plugin(plugins_ / "b", "b.so", manifest("b")), 1);
  give(plugin(plugins_ / "c", "c.so", manifest("c")) / "manifest.json", 1);
  EXPECT_THAT(scanned(),
              ElementsAre("a: " + text("a.so") +
                              " belongs to user 1, who could change it; give it to root: chown root " + text("a.so"),
                          EndsWith("chown root " + text("b")), EndsWith("chown root " + text("c/manifest.json"))));
  give(plugins_, 1);
  const auto found = scan();
  EXPECT_THAT(found.all(), SizeIs(3));
  for (const auto& each : found.all()) EXPECT_THAT(each.rejected, EndsWith("chown root " + plugins_.string()));
}

TEST_F(OwnedByOthers, AreTakenByTheirOwnerAndFromRoot) {
  give(file(plugins_ / "a.so"), as_nobody::id);
  file(plugins_ / "b.so");
  give(file(plugins_ / "c.so"), 1);
  const as_nobody user;
  EXPECT_THAT(scanned(), ElementsAre("a", "b", HasSubstr("give it to user 65534, as whom this runs, or to root")));
}

TEST_F(OwnedByOthers, LinksAreRejectedInAStickyDirectory) {
  const auto good = file(scratch_.path() / "good.so");
  fs::create_symlink(good, plugins_ / "a.so");
  fs::create_directory_symlink(plugin(scratch_.path() / "b", "b.so"), plugins_ / "b");
  for (const auto* link : {"a.so", "b"}) give(plugins_ / link, 1);
  EXPECT_THAT(scanned(), ElementsAre("a", "b"));
  mode(plugins_, 01777);
  EXPECT_THAT(scanned(), ElementsAre("a: " + text("a.so") +
                                         " is a symbolic link of user 1, who could point it elsewhere; remove it",
                                     HasSubstr("b is a symbolic link of user 1")));
}

TEST_F(PluginDiscovery, SaysWhatItMayNotLookAt) {
  mode(plugin(plugins_ / "a", "a.so"), 0000);
  mode(folder(plugins_ / "lost+found"), 0000);
  mode(file(plugins_ / "b.so"), 0000);
  mode(plugin(plugins_ / "c", "c.so", manifest("c")) / "manifest.json", 0000);
  std::vector<std::string> found;
  {
    const as_nobody user;
    found = scanned();
  }
  for (const auto* name : {"a", "lost+found"}) mode(plugins_ / name, 0755);
  EXPECT_THAT(found, ElementsAre("a: " + text("a/a.so") + " cannot be looked at: Permission denied", "b",
                                 "c: " + text("c/manifest.json") + " cannot be opened: Permission denied"))
      << "b.so is not opened";
}

TEST_F(PluginDiscovery, BoundsWhatADirectoryMayHave) {
  for (int i = 0; i <= 10'000; ++i)
    ASSERT_EQ(::mknod((plugins_ / ("p" + std::to_string(i) + ".so")).c_str(), S_IFREG | 0644, 0), 0);
  const auto found = scan();
  EXPECT_THAT(found.all(), SizeIs(10'000));
  EXPECT_THAT(found.faults(), ElementsAre(HasSubstr("has more than 10000 entries that may be plugins")));
}

TEST_F(PluginDiscovery, ScansAThousandFoldersQuickly) {
  json said = manifest("");
  said["configSchema"] = {{"type", "object"},
                          {"properties", {{"url", {{"type", "string"}}}, {"n", {{"type", "integer"}}}}}};
  for (int i = 0; i < 1'000; ++i) {
    const auto name = "plugin-" + std::to_string(i);
    said["name"] = name;
    plugin(plugins_ / name, name + ".so", said);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto found = scan();
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_THAT(found.all(), SizeIs(1'000));
  EXPECT_TRUE(std::all_of(found.all().begin(), found.all().end(), [](const auto& c) { return c.rejected.empty(); }));
  EXPECT_EQ(found.find("plugin-999")->manifest.version, "1.2.3");
  RecordProperty("milliseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_LT(took, std::chrono::seconds{testing::sanitized ? 20 : 2});
}

TEST(DiscoveredPlugins, SortsByNameAndKeepsTheOrderWithinOne) {
  const auto candidate = [](std::string name, fs::path file, std::string rejected = "") {
    return plugin_candidate{std::move(name), std::move(file), {}, std::move(rejected)};
  };
  const discovered_plugins found{
      {candidate("b", "/1/b.so"), candidate("a", "/1/a.so", "bad"), candidate("a", "/2/a.so"),
       candidate("b", "/2/b.so"), candidate("a", "/3/a.so", "worse"), candidate("a", "/4/a.so")},
      {"a fault"}};
  std::vector<std::string> all;
  for (const auto& each : found.all()) all.push_back(each.file.string() + " " + each.rejected);
  EXPECT_THAT(all, ElementsAre("/1/a.so bad", "/2/a.so ", "/3/a.so worse", "/4/a.so shadowed by /2/a.so", "/1/b.so ",
                               "/2/b.so shadowed by /1/b.so"));
  EXPECT_EQ(found.find("a"), &found.all()[1]);
  EXPECT_EQ(found.find("b"), &found.all()[4]);
  EXPECT_THAT(found.faults(), ElementsAre("a fault"));
  EXPECT_FALSE(discovered_plugins{}.find("a"));
}

}  // namespace
}  // namespace streamspace
