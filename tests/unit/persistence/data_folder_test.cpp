#include <fstream>
#include <optional>
#include <unistd.h>

#include <gtest/gtest.h>
#include <support/postgres_fixture.hpp>
#include <sys/stat.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/data_folder.hpp>

namespace streamspace {
namespace {

std::optional<error> failure_of(const std::filesystem::path& where) {
  try {
    data_folder{where};
  } catch (const error& e) {
    return e;
  }
  return std::nullopt;
}

TEST(DataFolder, MakesTheFolderForItsOwnerAlone) {
  const testing::scratch_folder scratch;
  const data_folder folder{scratch.path() / "a b" / "data/"};
  EXPECT_EQ(folder.path(), scratch.path() / "a b" / "data");
  struct stat facts {};
  ASSERT_EQ(::stat(folder.path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST(DataFolder, RefusesASecondHolderAndNamesFolderAndProcess) {
  const testing::scratch_folder scratch;
  const data_folder folder{scratch.path() / "data"};
  const auto refusal = failure_of(scratch.path() / "data");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::data_folder_in_use);
  EXPECT_EQ(refusal->fact("pid"), std::to_string(::getpid()));
  EXPECT_NE(refusal->message().find((scratch.path() / "data").string()), std::string::npos);
}

TEST(DataFolder, IsFreeAgainAfterItsHolder) {
  const testing::scratch_folder scratch;
  { const data_folder folder{scratch.path() / "data"}; }
  EXPECT_FALSE(failure_of(scratch.path() / "data"));
}

TEST(DataFolder, IsHeldOnceWhenMoved) {
  const testing::scratch_folder scratch;
  data_folder first{scratch.path() / "data"};
  std::optional<data_folder> second{std::move(first)};
  EXPECT_TRUE(failure_of(scratch.path() / "data"));
  second.reset();
  EXPECT_FALSE(failure_of(scratch.path() / "data"));
}

TEST(DataFolder, SaysThatAFileIsInTheWay) {
  const testing::scratch_folder scratch;
  std::ofstream{scratch.path() / "file"} << "x";
  const auto refusal = failure_of(scratch.path() / "file" / "data");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::io_error);
  EXPECT_NE(refusal->message().find("Not a directory"), std::string::npos) << refusal->message();
}

TEST(DataFolder, SaysThatAFolderCannotBeMade) {
  const auto refusal = failure_of("/proc/streamspace/data");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::io_error);
  EXPECT_EQ(refusal->message().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace streamspace
