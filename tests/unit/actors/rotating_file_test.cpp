#include <fstream>
#include <sstream>
#include <stdlib.h>

#include <gmock/gmock.h>

#include <streamspace/actors/rotating_file.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;

class RotatingFile : public ::testing::Test {
 protected:
  RotatingFile() {
    std::string name = (fs::temp_directory_path() / "rotating-file-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error{"no temporary folder"};
    folder_ = name;
  }
  ~RotatingFile() override { fs::remove_all(folder_); }

  fs::path path() const { return folder_ / "log"; }
  std::string content(const std::string& name) const {
    std::ifstream in{folder_ / name};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}));
  }

  fs::path folder_;
};

TEST_F(RotatingFile, SetsAFullFileAsideAndForgetsTheOldest) {
  rotating_file file{path(), 10, 3};
  for (const auto* line : {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n", "ffff\n", "gggg\n"}) file.append(line);
  EXPECT_EQ(content("log"), "gggg\n");
  EXPECT_EQ(content("log.1"), "eeee\nffff\n");
  EXPECT_EQ(content("log.2"), "cccc\ndddd\n");
  EXPECT_EQ(files(), 3U);
}

TEST_F(RotatingFile, BeginsAnewWhenItMayHaveOneFileOnly) {
  rotating_file file{path(), 10, 1};
  for (const auto* line : {"aaaa\n", "bbbb\n", "cccc\n"}) file.append(line);
  EXPECT_EQ(content("log"), "cccc\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(RotatingFile, GoesOnWithWhatIsThereAndTakesALongLineWhole) {
  { rotating_file{path(), 10, 2}.append("old\n"); }
  rotating_file file{path(), 10, 2};
  file.append("new\n");
  EXPECT_EQ(content("log"), "old\nnew\n");
  const std::string line = std::string(50, 'x') + "\n";
  file.append(line);
  EXPECT_EQ(content("log"), line);
  EXPECT_EQ(content("log.1"), "old\nnew\n");
}

TEST_F(RotatingFile, CannotBeOpenedWhereThereIsNoFolder) {
  try {
    rotating_file file(folder_ / "none" / "log", 10, 2);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::io_error);
    EXPECT_THAT(e.message(), ::testing::HasSubstr("none/log cannot be opened"));
  }
}

TEST_F(RotatingFile, TouchesNothingWhenItCannotBeSetAsideAndTriesAgain) {
  rotating_file file{path(), 10, 2};
  file.append("aaaa\n");
  file.append("bbbb\n");
  fs::create_directories(folder_ / "log.1" / "in the way");
  EXPECT_THROW(file.append("cccc\n"), error);
  EXPECT_EQ(content("log"), "aaaa\nbbbb\n");
  fs::remove_all(folder_ / "log.1");
  file.append("dddd\n");
  EXPECT_EQ(content("log"), "dddd\n");
  EXPECT_EQ(content("log.1"), "aaaa\nbbbb\n");
}

}  // namespace
}  // namespace streamspace
