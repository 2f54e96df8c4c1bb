#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/postgres_binaries.hpp>

namespace streamspace {
namespace {

namespace fs = std::filesystem;

TEST(PostgresBinaries, TakesTheFolderAskedForIfItHasThePrograms) {
  const testing::scratch_folder folder;
  for (const auto* name : {"initdb", "postgres"}) {
    std::ofstream{folder.path() / name} << "#!";
    fs::permissions(folder.path() / name, fs::perms::owner_all);
  }
  EXPECT_EQ(find_postgres_binaries(folder.path()), folder.path());
}

TEST(PostgresBinaries, RefusesAFolderWithoutThePrograms) {
  const testing::scratch_folder folder;
  try {
    find_postgres_binaries(folder.path());
    FAIL() << "an empty folder was taken";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::not_found);
    EXPECT_NE(e.message().find(folder.path().string()), std::string::npos);
  }
}

TEST(PostgresBinaries, NamesThePackageOfTheVersionThatIsMissing) {
  const testing::scratch_folder empty;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", empty.path().c_str(), 1);
  const auto refusal = testing::failure_of([] { find_postgres_binaries({}, "7"); });
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::not_found);
  EXPECT_NE(refusal->message().find("postgresql-7"), std::string::npos);
}

}  // namespace
}  // namespace streamspace
