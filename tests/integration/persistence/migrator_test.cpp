#include <array>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::patience;
using testing::test_database;

constexpr std::array<migration, 3> steps{
    {{1, "first", "CREATE TABLE first (id int)", "aa"},
     {2, "second", "CREATE TABLE second (id int); INSERT INTO second VALUES (1);", "bb"},
     {3, "third", "CREATE TABLE third (id int)", "cc"}}};

class Migrator : public ::testing::Test {
 protected:
  bool has_table(const std::string& name) {
    return connection_.execute({"SELECT to_regclass($1) IS NOT NULL", {name}}, patience)[0].get<bool>(0);
  }
  std::vector<int> versions() {
    std::vector<int> found;
    for (const auto row : connection_.execute({"SELECT version FROM schema_migrations ORDER BY 1", {}}, patience))
      found.push_back(row.get<int>(0));
    return found;
  }

  test_database database_{test_database::layout::empty};
  pg_connection connection_{database_.connect()};
};

TEST_F(Migrator, AppliesAllStepsInOrderAndRecordsThem) {
  EXPECT_THAT(migrate(connection_, steps, patience), ElementsAre(1, 2, 3));
  EXPECT_THAT(versions(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(has_table("third"));
  EXPECT_FALSE(connection_.in_transaction());
}

TEST_F(Migrator, HasNothingToDoTheSecondTime) {
  migrate(connection_, steps, patience);
  EXPECT_THAT(migrate(connection_, steps, patience), IsEmpty());
}

TEST_F(Migrator, AppliesOnlyWhatIsNew) {
  migrate(connection_, std::span{steps}.first(1), patience);
  EXPECT_FALSE(has_table("second"));
  EXPECT_THAT(migrate(connection_, steps, patience), ElementsAre(2, 3));
}

TEST_F(Migrator, AppliesEachStepOnceWhenManyStartTogether) {
  std::vector<std::future<std::vector<int>>> starting;
  for (int i = 0; i < 6; ++i)
    starting.push_back(std::async(std::launch::async, [&] {
      auto connection = database_.connect();
      return migrate(connection, steps, patience);
    }));
  std::vector<int> applied;
  for (auto& one : starting)
    for (const int version : one.get()) applied.push_back(version);
  EXPECT_THAT(applied, ::testing::UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(versions(), ElementsAre(1, 2, 3));
}

TEST_F(Migrator, LeavesNothingOfAStepThatFails) {
  auto broken = steps;
  broken[1].sql = "CREATE TABLE second (id int); SELECT nonsense;";
  const auto refusal = failure_of([&] { migrate(connection_, broken, patience); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::database_error);
  EXPECT_THAT(refusal->message(), HasSubstr("migration 2 (second) failed"));
  EXPECT_EQ(refusal->fact("sqlstate"), "42703");
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_THAT(versions(), ElementsAre(1));
  EXPECT_FALSE(has_table("second"));
  EXPECT_THAT(migrate(connection_, steps, patience), ElementsAre(2, 3));
}

TEST_F(Migrator, RefusesAChangedStep) {
  migrate(connection_, steps, patience);
  auto changed = steps;
  changed[0].checksum = "other";
  const auto refusal = failure_of([&] { migrate(connection_, changed, patience); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::conflict);
  EXPECT_FALSE(connection_.in_transaction());
}

TEST_F(Migrator, RefusesANewerDatabase) {
  migrate(connection_, steps, patience);
  const auto refusal = failure_of([&] { migrate(connection_, std::span{steps}.first(2), patience); });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::conflict);
  EXPECT_THAT(refusal->message(), HasSubstr("newer than this program"));
}

TEST_F(Migrator, WaitsForAnotherNoLongerThanItsDeadline) {
  migrate(connection_, std::span{steps}.first(1), patience);
  auto slow = steps;
  slow[1].sql = "SELECT pg_sleep(600)";
  auto holder = database_.connect();
  auto holding = std::async(std::launch::async, [&] { return failure_of([&] { migrate(holder, slow, patience); }); });
  ASSERT_TRUE(testing::eventually([&] {
    return connection_.execute({"SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'", {}}, patience).size() ==
           1;
  }));
  const auto refusal = failure_of([&] { migrate(connection_, steps, milliseconds{200}); });
  holder.cancel();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), ec::timeout);
  EXPECT_THAT(refusal->message(), HasSubstr("another program"));
  const auto cancelled = holding.get();
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->code(), ec::timeout);
  EXPECT_THAT(migrate(connection_, steps, patience), ElementsAre(2, 3));
}

TEST_F(Migrator, SaysWhatAUserWithoutRightsLacks) {
  connection_.execute({"CREATE ROLE guest LOGIN PASSWORD 'guest'", {}}, patience);
  connection_.execute({"REVOKE CREATE ON SCHEMA public FROM PUBLIC", {}}, patience);
  auto as_guest = database_.url() + "&password=guest";
  as_guest.replace(as_guest.find("user=streamspace"), std::string{"user=streamspace"}.size(), "user=guest");
  pg_connection guest{as_guest, patience};
  const auto refusal = failure_of([&] { migrate(guest, steps, patience); });
  connection_.execute({"DROP ROLE guest", {}}, patience);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fact("sqlstate"), "42501");
  EXPECT_THAT(refusal->message(), HasSubstr("GRANT CREATE ON SCHEMA public"));
}

TEST_F(Migrator, MakesThePlatformsTables) {
  migrate(connection_, platform_migrations(), patience);
  for (const auto* table : {"users", "sessions", "repositories", "catalog_plugins", "installed_plugins",
                            "plugin_versions", "plugin_ratings", "plugin_stats", "plugin_storage"})
    EXPECT_TRUE(has_table(table)) << table;
}

}  // namespace
}  // namespace streamspace
