#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cstdlib>
#include <memory>
#include <optional>

#include <cli/plugin_package.hpp>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "work_folder.hpp"
#include <streamspace/messages/error.hpp>

namespace streamspace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct listed_file {
  std::string name;
  std::string text;
  unsigned mode = 0;
  std::int64_t time = 0;
};

/// What libarchive reads in a package; it must be readable to its end, and owned by nobody in particular.
std::vector<listed_file> listing(const fs::path& package) {
  std::vector<listed_file> files;
  const std::unique_ptr<archive, decltype(&::archive_read_free)> in{::archive_read_new(), ::archive_read_free};
  ::archive_read_support_filter_gzip(in.get());
  ::archive_read_support_format_tar(in.get());
  EXPECT_EQ(::archive_read_open_filename(in.get(), package.c_str(), 65'536), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (::archive_read_next_header(in.get(), &entry) == ARCHIVE_OK) {
    EXPECT_EQ(::archive_entry_filetype(entry), static_cast<mode_t>(AE_IFREG));
    EXPECT_EQ(::archive_entry_uid(entry), 0);
    EXPECT_EQ(::archive_entry_gid(entry), 0);
    EXPECT_STREQ(::archive_entry_uname(entry), "");
    const auto* name = ::archive_entry_pathname_utf8(entry);
    listed_file file{name ? name : ::archive_entry_pathname(entry), "", ::archive_entry_perm(entry),
                     ::archive_entry_mtime(entry)};
    file.text.resize(static_cast<std::size_t>(::archive_entry_size(entry)));
    EXPECT_EQ(::archive_read_data(in.get(), file.text.data(), file.text.size()),
              static_cast<la_ssize_t>(file.text.size()));
    files.push_back(std::move(file));
  }
  EXPECT_EQ(::archive_errno(in.get()), 0) << ::archive_error_string(in.get());
  return files;
}

std::vector<std::string> names_in(const fs::path& package) {
  std::vector<std::string> names;
  for (const auto& file : listing(package)) names.push_back(file.name);
  return names;
}

/// What a tool of the system prints; it must end well.
std::string output_of(const std::string& command) {
  std::string text;
  auto* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text;
  return text;
}

class PluginPackage : public work_folder {
 protected:
  PluginPackage() {
    write("greeter/manifest.json", R"({"name": "greeter", "version": "1.2.3"})");
    write("greeter/greeter.so", code);
    fs::create_directory(folder() / "out");
  }

  package_request request() const {
    return {.directory = folder() / "greeter", .output = folder() / "out" / "greeter-1.2.3.tar.gz"};
  }
  plugin_package packed() const { return make_package(request()); }
  error refusal(const package_request& wrong) const {
    try {
      make_package(wrong);
    } catch (const error& e) {
      EXPECT_TRUE(fs::is_empty(folder() / "out")) << "something was left behind";
      return e;
    }
    ADD_FAILURE() << "nothing was refused";
    return {ec::internal, ""};
  }
  std::string refused() const { return refusal(request()).message(); }
  std::string shown(const fs::path& file) const { return "'" + (folder() / file).string() + "'"; }

  const std::string code = std::string{"\177ELF"} + std::string(100'000, '\0') + "code";
};

TEST_F(PluginPackage, HasTheFilesOfThePluginSortedAndTheirHashesFirst) {
  write("greeter/LICENSE", "MIT");
  write("greeter/README.md", "# greeter");
  write("greeter/assets/icons/greeter.svg", "<svg/>");
  write("greeter/assets/style.css", "");
  write("greeter/migrations/0001_greetings.sql", "SELECT 1");
  write("greeter/ui/greeter.js", "export {}");
  write("greeter/src/greeter.cpp", "not in it");
  write("greeter/notes.txt", "not in it");
  const auto files = listing(packed().file);
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.name);
  EXPECT_THAT(names, ElementsAre("SHA256SUMS", "LICENSE", "README.md", "assets/icons/greeter.svg", "assets/style.css",
                                 "greeter.so", "manifest.json", "migrations/0001_greetings.sql", "ui/greeter.js"));
  ASSERT_EQ(files.size(), 9U);
  EXPECT_EQ(files[1].text, "MIT");
  EXPECT_EQ(files[4].text, "");
  EXPECT_EQ(files[5].text, code);
  for (const auto& file : files) {
    EXPECT_EQ(file.mode, file.name == "greeter.so" ? 0755U : 0644U) << file.name;
    EXPECT_EQ(file.time, 0) << file.name;
  }
}

TEST_F(PluginPackage, HasHashesThatSha256sumAgreesWith) {
  write("greeter/ui/greeter.js", "export {}");
  const auto package = packed();
  EXPECT_EQ(package.bytes, fs::file_size(package.file));
  EXPECT_EQ(read(package.file.string() + ".sha256"), package.sha256 + "  greeter-1.2.3.tar.gz\n");
  EXPECT_EQ(output_of("cd '" + (folder() / "out").string() + "' && sha256sum --check --strict *.sha256"),
            "greeter-1.2.3.tar.gz: OK\n");
  EXPECT_EQ(output_of("cd '" + (folder() / "out").string() +
                      "' && tar -xf *.tar.gz && sha256sum --check --strict SHA256SUMS"),
            "greeter.so: OK\nmanifest.json: OK\nui/greeter.js: OK\n");
}

TEST_F(PluginPackage, HasTheSameBytesForTheSameFiles) {
  write("greeter/assets/b", "b");
  write("greeter/assets/a", "a");
  const auto first = packed();
  // As another checkout has it: other times, another order of creation, other rights that say nothing.
  fs::remove(folder() / "greeter/assets/b");
  write("greeter/assets/b", "b");
  fs::last_write_time(folder() / "greeter/assets/a", fs::file_time_type{});
  fs::permissions(folder() / "greeter/assets/a", fs::perms::owner_read | fs::perms::owner_write);
  auto again = request();
  again.output = folder() / "out" / "again.tar.gz";
  const auto second = make_package(again);
  EXPECT_EQ(first.sha256, second.sha256);
  EXPECT_EQ(read(first.file), read(second.file));
}

TEST_F(PluginPackage, TakesTheTimeThatIsGiven) {
  auto later = request();
  later.time = 1'700'000'000;
  const auto package = make_package(later);
  for (const auto& file : listing(package.file)) EXPECT_EQ(file.time, 1'700'000'000);
}

TEST_F(PluginPackage, KeepsWhatMayBeExecuted) {
  write("greeter/assets/run.sh", "#!/bin/sh\n");
  fs::permissions(folder() / "greeter/assets/run.sh", fs::perms::owner_all);
  const auto files = listing(packed().file);
  ASSERT_GT(files.size(), 1U);
  EXPECT_EQ(files[1].name, "assets/run.sh");
  EXPECT_EQ(files[1].mode, 0755U);
}

TEST_F(PluginPackage, KeepsNamesBeyondAsciiAndLongOnes) {
  const auto longest = "assets/" + std::string(120, 'd') + "/" + std::string(120, 'f');
  write("greeter/assets/größe.css", "g");
  write("greeter/" + longest, "l");
  const auto package = packed();
  EXPECT_EQ(output_of("LC_ALL=C.UTF-8 tar -tf '" + package.file.string() + "'"),
            "SHA256SUMS\n" + longest + "\nassets/größe.css\ngreeter.so\nmanifest.json\n");
}

TEST_F(PluginPackage, ReplacesTheOneBefore) {
  const auto before = packed();
  write("greeter/README.md", "# greeter");
  const auto after = packed();
  EXPECT_EQ(before.file, after.file);
  EXPECT_NE(before.sha256, after.sha256);
  EXPECT_THAT(names_in(after.file), ElementsAre("SHA256SUMS", "README.md", "greeter.so", "manifest.json"));
  EXPECT_EQ(read("out/greeter-1.2.3.tar.gz.sha256"), after.sha256 + "  greeter-1.2.3.tar.gz\n");
  EXPECT_EQ(std::distance(fs::directory_iterator{folder() / "out"}, {}), 2);
}

TEST_F(PluginPackage, IsNamedAfterThePluginIfNothingElseIsSaid) {
  const auto before = fs::current_path();
  fs::current_path(folder() / "out");
  auto own = request();
  own.output.clear();
  const auto package = make_package(own);
  fs::current_path(before);
  EXPECT_EQ(package.file.filename(), "greeter-1.2.3.tar.gz");
  EXPECT_TRUE(fs::exists(folder() / "out/greeter-1.2.3.tar.gz"));
}

TEST_F(PluginPackage, FindsTheCodeWhereItIsBuilt) {
  for (const auto* place : {"greeter/build/greeter.so", "greeter/build/plugins/greeter/greeter.so"}) {
    fs::remove(folder() / "greeter/greeter.so");
    write(place, code);
    EXPECT_THAT(names_in(packed().file), ElementsAre("SHA256SUMS", "greeter.so", "manifest.json")) << place;
    fs::remove_all(folder() / "greeter/build");
  }
}

TEST_F(PluginPackage, TakesTheCodeFromElsewhereWhenToldTo) {
  write("elsewhere/libgreeter.so", code + "2");
  auto other = request();
  other.library = folder() / "elsewhere/libgreeter.so";
  const auto files = listing(make_package(other).file);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[1].name, "greeter.so");
  EXPECT_EQ(files[1].text, code + "2");
}

TEST_F(PluginPackage, FollowsLinksWithinTheFolder) {
  write("greeter/assets/real.css", "real");
  fs::create_symlink("real.css", folder() / "greeter/assets/link.css");
  const auto files = listing(packed().file);
  ASSERT_GT(files.size(), 1U);
  EXPECT_EQ(files[1].name, "assets/link.css");
  EXPECT_EQ(files[1].text, "real");
}

TEST_F(PluginPackage, RefusesLinksOutOfTheFolder) {
  write("secret", "s");
  write("greeter-2/secret", "s");
  for (const auto* target : {"../../secret", "../../greeter-2/secret", "/etc/passwd"}) {
    fs::create_directories(folder() / "greeter/assets");
    fs::create_symlink(target, folder() / "greeter/assets/link");
    EXPECT_THAT(refused(), HasSubstr(shown("greeter/assets/link") + " is a link out of the plugin's folder"));
    fs::remove_all(folder() / "greeter/assets");
  }
  fs::create_symlink("../secret", folder() / "greeter/LICENSE");
  EXPECT_THAT(refused(), HasSubstr("LICENSE' is a link out of the plugin's folder"));
}

TEST_F(PluginPackage, RefusesFoldersThatAreLinks) {
  write("elsewhere/file", "f");
  fs::create_symlink("../elsewhere", folder() / "greeter/ui");
  EXPECT_THAT(refused(), HasSubstr("ui' is a link out of the plugin's folder"));
  fs::remove(folder() / "greeter/ui");
  write("greeter/assets/file", "f");
  fs::create_symlink(".", folder() / "greeter/assets/again");
  EXPECT_THAT(refused(), HasSubstr("again' is a link to a folder"));
}

TEST_F(PluginPackage, RefusesLinksThatLeadNowhere) {
  fs::create_symlink("none", folder() / "greeter/LICENSE");
  EXPECT_THAT(refused(), HasSubstr("LICENSE' is a link that leads nowhere"));
}

TEST_F(PluginPackage, RefusesTheCodeBehindALinkOutOfTheFolder) {
  fs::remove(folder() / "greeter/greeter.so");
  write("elsewhere/greeter.so", code);
  fs::create_symlink("../elsewhere", folder() / "greeter/build");
  EXPECT_THAT(refused(), HasSubstr("greeter.so' is a link out of the plugin's folder"));
}

TEST_F(PluginPackage, RefusesWhatIsNoFile) {
  fs::create_directories(folder() / "greeter/assets");
  ASSERT_EQ(::mkfifo((folder() / "greeter/assets/pipe").c_str(), 0600), 0);
  EXPECT_EQ(refused(), shown("greeter/assets/pipe") + " is no regular file");
}

TEST_F(PluginPackage, RefusesNamesThatAListOfHashesCannotHave) {
  for (const auto* name : {"a\nb", "a\\b", "a\xff"}) {
    write(fs::path{"greeter/assets"} / name, "x");
    EXPECT_THAT(refused(), AllOf(HasSubstr("\"assets/a"), HasSubstr("cannot be in a package")));
    fs::remove_all(folder() / "greeter/assets");
  }
}

TEST_F(PluginPackage, RefusesAFolderThatIsNoPlugin) {
  auto none = request();
  none.directory = folder() / "none";
  EXPECT_EQ(refusal(none).message(), "there is no folder " + shown("none"));
  none.directory = folder() / "out";
  EXPECT_EQ(refusal(none).message(), "there is no " + shown("out/manifest.json") +
                                         "; give the folder of a plugin, as `streamspace plugin new` makes it");
}

TEST_F(PluginPackage, NamesEveryFaultOfTheManifest) {
  write("greeter/manifest.json", R"({"name": "Greeter", "version": "1", "type": "pizza"})");
  const auto e = refusal(request());
  EXPECT_EQ(e.code(), ec::invalid_argument);
  EXPECT_THAT(e.message(), AllOf(HasSubstr(shown("greeter/manifest.json") + " is wrong:\n"), HasSubstr("\n  /name: "),
                                 HasSubstr("\n  /version: "), HasSubstr("\n  /type: must be one of")));
}

TEST_F(PluginPackage, SaysWhereAManifestIsNoJson) {
  write("greeter/manifest.json", "{\n  \"name\": greeter\n}");
  EXPECT_THAT(refused(), HasSubstr(shown("greeter/manifest.json") + " is no JSON: parse error at line 2, column 11"));
  write("greeter/manifest.json", std::string(100'000, '['));
  EXPECT_THAT(refused(), HasSubstr("nests too deep"));
}

TEST_F(PluginPackage, SaysHowToBuildCodeThatIsMissing) {
  fs::remove(folder() / "greeter/greeter.so");
  const auto plugin = (folder() / "greeter").string();
  EXPECT_EQ(refused(), "there is no greeter.so in '" + plugin + "' or its build folder; build it with `cmake -S " +
                           plugin + " -B " + plugin + "/build && cmake --build " + plugin +
                           "/build`, or say where it is with --library");
}

TEST_F(PluginPackage, RefusesTheCodeOfAnother) {
  auto other = request();
  write("elsewhere/farewell.so", code);
  other.library = folder() / "elsewhere/farewell.so";
  EXPECT_EQ(refusal(other).message(),
            shown("elsewhere/farewell.so") + " is not named as the code of plugin greeter, greeter.so");
  other.library = folder() / "elsewhere/greeter.so";
  EXPECT_EQ(refusal(other).message(), "there is no library " + shown("elsewhere/greeter.so"));
}

TEST_F(PluginPackage, RefusesCodeThatIsNone) {
  write("greeter/greeter.so", "int main() {}");
  const auto e = refusal(request());
  EXPECT_EQ(e.code(), ec::plugin_incompatible);
  EXPECT_EQ(e.message(), shown("greeter/greeter.so") + " is no shared object (ELF file)");
}

TEST_F(PluginPackage, RefusesAnOutputThatDoesNotFit) {
  auto other = request();
  other.output = folder() / "out" / "greeter.zip";
  EXPECT_THAT(refusal(other).message(), HasSubstr("must be named as a file that ends in .tar.gz"));
  other.output = folder() / "none" / "greeter.tar.gz";
  EXPECT_EQ(refusal(other).message(), "there is no folder " + shown("none") + " to put the package in");
  other.output = folder() / "out" / (std::string(245, 'x') + ".tar.gz");
  EXPECT_THAT(refusal(other).message(), HasSubstr("is too long"));
  fs::create_directory(folder() / "taken.tar.gz.sha256");
  other.output = folder() / "taken.tar.gz";
  EXPECT_THAT(refusal(other).message(), HasSubstr("is there already and is no regular file"));
  EXPECT_FALSE(fs::exists(folder() / "taken.tar.gz"));
}

TEST_F(PluginPackage, RefusesAVersionTooLongForAFileName) {
  write("greeter/manifest.json", R"({"name": "greeter", "version": "1.2.3-)" + std::string(240, 'a') + "\"}");
  const auto before = fs::current_path();
  fs::current_path(folder() / "out");
  auto own = request();
  own.output.clear();
  const auto e = refusal(own);
  fs::current_path(before);
  EXPECT_THAT(e.message(), HasSubstr("is too long; give a shorter one with --output"));
}

TEST_F(PluginPackage, LeavesNothingBehindWhenItCannotBeWritten) {
  const full_disk full{100};
  const auto e = refusal(request());
  EXPECT_EQ(e.code(), ec::io_error);
  EXPECT_EQ(e.message(), "cannot write " + shown("out/greeter-1.2.3.tar.gz") + ": File too large");
}

TEST_F(PluginPackage, KeepsTheOneBeforeWhenTheNextCannotBeWritten) {
  const auto before = packed();
  const auto bytes = read(before.file);
  write("greeter/README.md", "# greeter");
  const full_disk full{100};
  EXPECT_THROW(packed(), error);
  EXPECT_EQ(read(before.file), bytes);
  EXPECT_EQ(std::distance(fs::directory_iterator{folder() / "out"}, {}), 2);
}

TEST(PackageTime, IsWhatTheEnvironmentSays) {
  EXPECT_EQ(package_time(nullptr), 0);
  EXPECT_EQ(package_time(""), 0);
  EXPECT_EQ(package_time("1700000000"), 1'700'000'000);
  for (const auto* wrong : {"yesterday", "-1", "1.5", "12 ", "99999999999999999999", "8589934592"})
    EXPECT_THROW(package_time(wrong), error) << wrong;
}

}  // namespace
}  // namespace streamspace::testing
