#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <streamspace/persistence/installed_plugin_sql.hpp>

namespace streamspace {
namespace {

TEST(InstalledPluginSql, ReadsARow) {
  const sql_result answer{sql_table{{"id", "catalog_plugin_id", "name", "version", "enabled", "config",
                                     "config_revision", "code_sha256", "installed_by", "installed_at", "updated_at"},
                                    {"7", std::nullopt, "audit", "1.0.0", "f", R"({"days": 30})", "4", std::nullopt,
                                     "ann", "2026-03-29 12:00:00.5+00", "2026-03-29 14:00:00+02"},
                                    1,
                                    1}};
  const auto plugins = read_installed_plugins(answer);
  ASSERT_EQ(plugins.size(), 1u);
  EXPECT_EQ(plugins[0].id, 7);
  EXPECT_EQ(plugins[0].catalog_plugin_id, std::nullopt);
  EXPECT_FALSE(plugins[0].enabled);
  EXPECT_EQ(plugins[0].config, (json{{"days", 30}}));
  EXPECT_EQ(plugins[0].config_revision, 4);
  EXPECT_EQ(plugins[0].code_sha256, std::nullopt);
  EXPECT_EQ(plugins[0].installed_at - plugins[0].updated_at, std::chrono::milliseconds{500});
}

TEST(InstalledPluginSql, ReadsRevisions) {
  const sql_result answer{
      sql_table{{"name", "revision", "config", "kind", "reverted_to", "changed_by", "changed_at", "current"},
                {"p", "4", R"({"n": 1})", "reverted", "2", "ann", "2026-03-29 12:00:00+00", "t",  //
                 "p", "3", R"({"n": 2})", "installed", std::nullopt, std::nullopt, "2026-03-29 11:00:00+00", "f"},
                2,
                2}};
  const auto all = read_config_history(answer);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].revision, 4);
  EXPECT_EQ(all[0].origin, (config_origin{config_origin::kind::reverted, 2, "ann"}));
  EXPECT_EQ(all[0].config, (json{{"n", 1}}));
  EXPECT_TRUE(all[0].current);
  EXPECT_EQ(all[1].origin, (config_origin{config_origin::kind::installed, std::nullopt, ""}));
  EXPECT_FALSE(all[1].current);
  EXPECT_EQ(all[0].at - all[1].at, std::chrono::hours{1});
}

TEST(InstalledPluginSql, ReadsNoRevisionOfAPluginThatHasNone) {
  const sql_result answer{
      sql_table{{"name", "revision", "config", "kind", "reverted_to", "changed_by", "changed_at", "current"},
                {"p", std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt},
                1,
                1}};
  EXPECT_TRUE(read_config_history(answer).empty());
}

TEST(InstalledPluginSql, RefusesAConfigurationThatTheDatabaseCannotHold) {
  const json config{{"lang", std::string("a\0b", 3)}};
  const auto code_of = [](auto&& action) { return testing::failure_of(action).value().code(); };
  EXPECT_EQ(code_of([&] { set_plugin_config("audit", config); }), ec::invalid_argument);
  EXPECT_EQ(code_of([&] { install_plugin({.name = "audit", .version = "1", .config = config}); }),
            ec::invalid_argument);
}

TEST(InstalledPluginSql, AsksForAllWhenNoStateIsGiven) {
  EXPECT_EQ(list_installed_plugins().params[0].text(), std::nullopt);
  EXPECT_EQ(list_installed_plugins(false).params[0].text(), "f");
  EXPECT_EQ(list_enabled_plugins().params[0].text(), "t");
}

}  // namespace
}  // namespace streamspace
