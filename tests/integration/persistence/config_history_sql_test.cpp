// What the statements about installed plugins write into the history of their configurations, against the real server.
#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/installed_plugin_sql.hpp>
#include <streamspace/persistence/migrator.hpp>
#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::patience;
using kind = config_origin::kind;

class ConfigHistorySql : public testing::postgres_test {
 protected:
  sql_result run(const sql_statement& statement) { return connection_.execute(statement, patience); }
  installed_plugin install(const std::string& name, const json& config = json::object(), const char* by = "ann") {
    installed_plugin p;
    p.name = name;
    p.version = "1.0.0";
    p.config = config;
    p.installed_by = by;
    return read_installed_plugin(run(install_plugin(p))[0]);
  }
  installed_plugin set(const std::string& name, const json& config, const config_origin& origin = {}) {
    return read_installed_plugin(run(set_plugin_config(name, config, origin))[0]);
  }
  std::vector<config_revision> history(const std::string& name) {
    return read_config_history(run(list_config_history(name)));
  }
  /// The numbers, newest first, that in force as a negative one.
  std::vector<int> numbers(const std::string& name) {
    std::vector<int> all;
    for (const auto& r : history(name)) all.push_back(r.current ? -r.revision : r.revision);
    return all;
  }
  installed_plugin found(const std::string& name) { return read_installed_plugin(run(find_installed_plugin(name))[0]); }

  pg_connection connection_{connect()};
};

TEST_F(ConfigHistorySql, BeginsWithTheInstallation) {
  EXPECT_EQ(install("p", {{"n", 1}}).config_revision, 1);
  const auto all = history("p");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].revision, 1);
  EXPECT_EQ(all[0].origin, (config_origin{kind::installed, std::nullopt, "ann"}));
  EXPECT_EQ(all[0].config, (json{{"n", 1}}));
  EXPECT_EQ(all[0].at, found("p").updated_at);
  EXPECT_TRUE(all[0].current);

  run(install_plugin_unless_present("builtin", "1.0.0"));
  run(install_plugin_unless_present("builtin", "2.0.0"));
  ASSERT_EQ(history("builtin").size(), 1u);
  EXPECT_EQ(history("builtin")[0].origin, (config_origin{kind::installed, std::nullopt, ""}));
}

TEST_F(ConfigHistorySql, GrowsWithEachConfigurationThatIsNew) {
  const auto id = install("p").id;
  EXPECT_EQ(set("p", {{"n", 1}}, {kind::configured, std::nullopt, "bob"}).config_revision, 2);
  EXPECT_EQ(set(std::to_string(id), json::object(), {kind::reverted, 1, ""}).config_revision, 3);
  const auto all = history(std::to_string(id));
  ASSERT_THAT(numbers("p"), ElementsAre(-3, 2, 1));
  EXPECT_EQ(all[0].origin, (config_origin{kind::reverted, 1, ""}));
  EXPECT_EQ(all[1].origin, (config_origin{kind::configured, std::nullopt, "bob"}));
  EXPECT_EQ(all[1].config, (json{{"n", 1}}));
  EXPECT_GT(all[0].at, all[1].at);
}

TEST_F(ConfigHistorySql, IsLeftAloneByAConfigurationThatIsEqual) {
  install("p", {{"a", 1}, {"b", 2}});
  EXPECT_EQ(set("p", {{"b", 2}, {"a", 1}}, {kind::configured, std::nullopt, "bob"}).config_revision, 1);
  install("p", {{"a", 1}, {"b", 2}}, "bob");
  run(set_plugin_enabled("p", false));
  ASSERT_EQ(history("p").size(), 1u);
  EXPECT_EQ(history("p")[0].origin.by, "ann");
}

TEST_F(ConfigHistorySql, HasAnInstallationInThePlaceOfAnother) {
  install("p", {{"n", 1}});
  EXPECT_EQ(install("p", {{"n", 2}}, "bob").config_revision, 2);
  EXPECT_EQ(history("p")[0].origin, (config_origin{kind::installed, std::nullopt, "bob"}));
  EXPECT_EQ(found("p").installed_by, "ann") << "who was first";
}

TEST_F(ConfigHistorySql, KeepsPluginsApart) {
  install("p");
  install("q");
  set("p", {{"n", 1}});
  EXPECT_THAT(numbers("p"), ElementsAre(-2, 1));
  EXPECT_THAT(numbers("q"), ElementsAre(-1));
  run(remove_installed_plugin("p"));
  EXPECT_TRUE(run(list_config_history("p")).empty());
  EXPECT_EQ(run({"SELECT count(*) FROM plugin_config_history WHERE plugin_name = 'p'", {}})[0].get<int>(0), 0);
  EXPECT_THAT(numbers("q"), ElementsAre(-1));
  EXPECT_EQ(install("p").config_revision, 1) << "it begins anew";
}

TEST_F(ConfigHistorySql, KeepsTheNewest) {
  install("p");
  install("q");
  for (int n = 2; n <= config_revision::most + 5; ++n) set("p", {{"n", n}});
  const auto all = history("p");
  ASSERT_EQ(all.size(), static_cast<std::size_t>(config_revision::most));
  EXPECT_EQ(all.front().revision, config_revision::most + 5);
  EXPECT_EQ(all.back().revision, 6);
  EXPECT_THAT(numbers("q"), ElementsAre(-1));
}

TEST_F(ConfigHistorySql, FindsOneRevisionAndTellsItsLackFromThatOfThePlugin) {
  install("p", {{"n", 1}});
  set("p", {{"n", 2}});
  const auto one = read_config_history(run(find_config_revision("p", 1)));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].config, (json{{"n", 1}}));
  EXPECT_FALSE(one[0].current);
  const auto none = run(find_config_revision("p", 3));
  EXPECT_EQ(none.size(), 1u);
  EXPECT_THAT(read_config_history(none), IsEmpty());
  EXPECT_TRUE(run(find_config_revision("q", 1)).empty());
}

TEST_F(ConfigHistorySql, TakesBackAConfigurationThatFailed) {
  const auto before = install("p", {{"n", 1}});
  const auto failed = set("p", {{"n", 2}}).config_revision;
  run(take_back_plugin_config(before, failed));
  EXPECT_EQ(found("p").config, before.config);
  EXPECT_THAT(numbers("p"), ElementsAre(-1));
  EXPECT_EQ(set("p", {{"n", 3}}).config_revision, 2) << "the number is given again";
}

TEST_F(ConfigHistorySql, TakesBackNothingWhereNothingWasNew) {
  const auto before = install("p", {{"n", 1}});
  run(take_back_plugin_config(before, set("p", {{"n", 1}}).config_revision));
  EXPECT_EQ(found("p").config, before.config);
  EXPECT_THAT(numbers("p"), ElementsAre(-1));
}

TEST_F(ConfigHistorySql, LeavesWhatSomebodyHasRecordedSinceAChangeThatFailed) {
  const auto before = install("p", {{"n", 1}});
  const auto failed = set("p", {{"n", 2}}).config_revision;
  set("p", {{"n", 3}});
  run(take_back_plugin_config(before, failed));
  EXPECT_EQ(found("p").config, (json{{"n", 3}}));
  EXPECT_THAT(numbers("p"), ElementsAre(-3, 1));
}

TEST_F(ConfigHistorySql, TakesBackAnInstallation) {
  install("p", {{"n", 1}});
  run(set_plugin_code("p", std::string(64, 'a')));
  const auto before = found("p");
  auto again = before;
  again.version = "2.0.0";
  again.enabled = false;
  again.config = {{"n", 2}};
  again.code_sha256.reset();
  run(install_plugin(again));
  EXPECT_THAT(numbers("p"), ElementsAre(-2, 1));
  run(restore_installed_plugin(before));
  auto now = found("p");
  now.updated_at = before.updated_at;
  EXPECT_EQ(now, before);
  EXPECT_THAT(numbers("p"), ElementsAre(-1));
}

TEST_F(ConfigHistorySql, HasAConfigurationInAnotherFormUnderItsNumber) {
  install("p", {{"n", 1}});
  set("p", {{"n", 2}});
  run(replace_plugin_config("p", {{"n", 2}}, {{"n", "two"}}));
  run(replace_plugin_config("p", {{"n", 2}}, {{"n", "too late"}}));
  run(replace_config_revision("p", 1, {{"n", 1}}, {{"n", "one"}}));
  run(replace_config_revision("p", 1, {{"n", 1}}, {{"n", "too late"}}));
  const auto all = history("p");
  ASSERT_THAT(numbers("p"), ElementsAre(-2, 1));
  EXPECT_EQ(all[0].config, (json{{"n", "two"}}));
  EXPECT_EQ(all[1].config, (json{{"n", "one"}}));
  EXPECT_EQ(found("p").config, all[0].config);
}

TEST_F(ConfigHistorySql, SaysOfNoRevisionThatItIsInForceWhenSomebodyWroteOverIt) {
  install("p", {{"n", 1}});
  run({"UPDATE installed_plugins SET config = '{\"n\": 5}'", {}});
  EXPECT_THAT(numbers("p"), ElementsAre(1));
  set("p", {{"n", 1}});
  EXPECT_THAT(numbers("p"), ElementsAre(-2, 1));
}

TEST_F(ConfigHistorySql, GoesOnForAPluginThatSomebodyWroteIntoTheTable) {
  run({"INSERT INTO installed_plugins (name, version) VALUES ('p', '1'), ('q', '1')", {}});
  EXPECT_EQ(run(list_config_history("p")).size(), 1u) << "it is installed";
  EXPECT_THAT(history("p"), IsEmpty());
  set("p", {{"n", 1}});
  EXPECT_THAT(numbers("p"), ElementsAre(-2));
  set("q", json::object());
  EXPECT_THAT(numbers("q"), ElementsAre(-1));
}

TEST_F(ConfigHistorySql, IsWrittenWithTheConfigurationOrNeitherIs) {
  install("p", {{"n", 1}});
  run({"ALTER TABLE plugin_config_history ADD CHECK (revision < 2)", {}});
  EXPECT_TRUE(failure_of([&] { set("p", {{"n", 2}}); }));
  EXPECT_EQ(found("p").config, (json{{"n", 1}}));
  EXPECT_EQ(found("p").config_revision, 1);
}

TEST_F(ConfigHistorySql, NumbersWhatComesAtTheSameTime) {
  install("p");
  constexpr int callers = 4;
  constexpr int each = 10;
  std::vector<std::thread> all;
  for (int caller = 0; caller < callers; ++caller)
    all.emplace_back([&, caller] {
      auto mine = connect();
      for (int n = 0; n < each; ++n) mine.execute(set_plugin_config("p", {{"n", caller * each + n}}), patience);
    });
  for (auto& one : all) one.join();
  const auto revisions = history("p");
  ASSERT_EQ(revisions.size(), 1U + callers * each);
  EXPECT_EQ(revisions.front().revision, 1 + callers * each);
  EXPECT_TRUE(revisions.front().current);
  EXPECT_EQ(std::count_if(revisions.begin(), revisions.end(), [](const auto& r) { return r.current; }), 1);
}

TEST(ConfigHistoryMigration, NotesWhatIsThereAlready) {
  const testing::test_database database{testing::test_database::layout::empty};
  auto on = database.connect();
  const auto all = platform_migrations();
  ASSERT_GE(all.size(), 8u);
  migrate(on, all.first(7), patience);
  on.execute(
      {"INSERT INTO installed_plugins (name, version, config, installed_by) VALUES ('p', '1', '{\"n\": 1}', 'a')", {}},
      patience);
  migrate(on, all, patience);
  const auto history = read_config_history(on.execute(list_config_history("p"), patience));
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].revision, 1);
  EXPECT_EQ(history[0].config, (json{{"n", 1}}));
  EXPECT_EQ(history[0].origin, (config_origin{kind::installed, std::nullopt, ""}));
  EXPECT_TRUE(history[0].current);
}

}  // namespace
}  // namespace streamspace
