#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/bounded_log.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

TEST(BoundedLog, AppendsToWhatIsThere) {
  const testing::scratch_folder folder;
  const auto file = folder.path() / "a.log";
  bounded_log{file}.append("one\n");
  bounded_log{file}.append("two\n");
  EXPECT_EQ(content_of(file), "one\ntwo\n");
}

TEST(BoundedLog, KeepsTheLatestInTwoFilesOfBoundedSize) {
  const testing::scratch_folder folder;
  const auto file = folder.path() / "a.log";
  bounded_log log{file, 100};
  for (int i = 0; i < 1000; ++i) log.append("line " + std::to_string(i) + "\n");
  EXPECT_LE(fs::file_size(file), 100u);
  EXPECT_LE(fs::file_size(file.string() + ".1"), 100u);
  EXPECT_NE(content_of(file).find("line 999\n"), std::string::npos);
}

TEST(BoundedLog, CutsATextThatIsLargerThanTheBound) {
  const testing::scratch_folder folder;
  const auto file = folder.path() / "a.log";
  bounded_log log{file, 100};
  log.append(std::string(100'000, 'x'));
  EXPECT_LE(fs::file_size(file), 100u);
  EXPECT_LE(log.tail().size(), 10'000u);
}

TEST(BoundedLog, RemembersTheTailEvenWithoutAFile) {
  bounded_log log{"/nonexistent/folder/a.log"};
  log.append("why it failed\n");
  EXPECT_EQ(log.tail(), "why it failed\n");
}

TEST(TellingLine, PrefersTheLastFatalLine) {
  EXPECT_EQ(telling_line("2026-01-01 00:00:00 UTC [7] LOG:  starting\n"
                         "2026-01-01 00:00:00 UTC [7] FATAL:  could not create lock file: No space left on device\n"
                         "2026-01-01 00:00:00 UTC [7] LOG:  database system is shut down\n"),
            "could not create lock file: No space left on device");
}

TEST(TellingLine, TakesInitdbsErrorOverItsCleaningUp) {
  EXPECT_EQ(
      telling_line("creating subdirectories ... initdb: error: could not create directory \"x\": Permission denied\n"
                   "initdb: removing contents of data directory \"x\"\n"),
      "could not create directory \"x\": Permission denied");
}

TEST(TellingLine, FallsBackToTheLastLine) {
  EXPECT_EQ(telling_line("one\n  two  \n\n"), "two");
  EXPECT_EQ(telling_line(""), "");
  EXPECT_EQ(telling_line("\n\n"), "");
}

}  // namespace
}  // namespace streamspace
