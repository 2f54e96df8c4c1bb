#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/migrator.hpp>

namespace streamspace {
namespace {

constexpr std::array<migration, 3> known{
    {{1, "tables", "CREATE ...", "aa"}, {2, "index", "CREATE ...", "bb"}, {3, "column", "ALTER ...", "cc"}}};

std::string refusal_of(std::vector<applied_migration> applied) {
  try {
    plan_migrations(known, applied);
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::conflict);
    return e.message();
  }
  return {};
}

TEST(MigrationPlan, NeedsAllOnAnEmptyDatabase) {
  const auto plan = plan_migrations(known, {});
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan.front().version, 1);
}

TEST(MigrationPlan, NeedsOnlyWhatIsMissing) {
  const std::vector<applied_migration> applied{{1, "tables", "aa"}, {2, "index", "bb"}};
  const auto plan = plan_migrations(known, applied);
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan.front().version, 3);
}

TEST(MigrationPlan, NeedsNothingOnADatabaseThatIsUpToDate) {
  const std::vector<applied_migration> applied{{1, "tables", "aa"}, {2, "index", "bb"}, {3, "column", "cc"}};
  EXPECT_TRUE(plan_migrations(known, applied).empty());
}

TEST(MigrationPlan, RefusesADatabaseThatIsNewerThanTheProgram) {
  EXPECT_THAT(refusal_of({{1, "tables", "aa"}, {2, "index", "bb"}, {3, "column", "cc"}, {4, "more", "dd"}}),
              testing::AllOf(testing::HasSubstr("newer than this program"), testing::HasSubstr("4 (more)")));
}

TEST(MigrationPlan, RefusesAChangedStep) {
  EXPECT_THAT(refusal_of({{1, "tables", "other"}}), testing::HasSubstr("1 (tables)"));
  EXPECT_THAT(refusal_of({{1, "renamed", "aa"}}), testing::HasSubstr("was changed"));
}

TEST(MigrationPlan, RefusesAGap) {
  EXPECT_NE(refusal_of({{2, "index", "bb"}}), "");
}

TEST(MigrationPlan, KnowsThePlatformsStepsInOrder) {
  int expected = 0;
  for (const auto& step : platform_migrations()) {
    EXPECT_EQ(step.version, ++expected);
    EXPECT_EQ(step.checksum.size(), 64u);
    EXPECT_FALSE(step.sql.empty());
  }
  EXPECT_GE(expected, 1);
}

}  // namespace
}  // namespace streamspace
