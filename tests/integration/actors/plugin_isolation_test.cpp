// What plugins reach of a database that they share, through the runtime.
#include "obedient_plugin_test.hpp"
#include <streamspace/persistence/database_url.hpp>

namespace streamspace {
namespace {

using testing::code_of;
using testing::sqlstate_of;

using PluginIsolation = testing::obedient_plugin_test;

TEST_F(PluginIsolation, APluginHasItsTablesForItself) {
  const auto rt = started_on_database({obedient("one"), obedient("two")});
  std::string table;
  in_turn(*rt, "one", [&](plugin_context& ctx) {
    ctx.database().create_table("t", "n int");
    table = ctx.database().table("t");
    ctx.database().exec("INSERT INTO " + table + " VALUES (1)");
  });
  in_turn(*rt, "two", [&](plugin_context& ctx) {
    auto& db = ctx.database();
    EXPECT_EQ(sqlstate_of([&] { db.exec("SELECT * FROM plugin_one." + table); }), "42501");
    EXPECT_EQ(
        sqlstate_of([&] { db.transaction([&](transaction& tx) { tx.exec("DELETE FROM plugin_one." + table); }); }),
        "42501");
    EXPECT_EQ(sqlstate_of([&] { db.migrate("SELECT 1; DROP TABLE plugin_one." + table); }), "42501");
    EXPECT_EQ(sqlstate_of([&] {
                for (const auto row : db.query("SELECT * FROM public.plugin_storage")) static_cast<void>(row);
              }),
              "42501");
    EXPECT_EQ(sqlstate_of([&] { db.exec("SELECT * FROM users"); }), "42501");
  });
  EXPECT_EQ(query("SELECT count(*) FROM plugin_one." + table)[0].get<int>(0), 1);
}

TEST_F(PluginIsolation, PermissionsOfTheManifestOpenViewsOfThePlatform) {
  const auto rt = started_on_database({obedient("reads", {"read:users"})});
  query("INSERT INTO users (id, username) VALUES ('u1', 'ann')");
  in_turn(*rt, "reads", [&](plugin_context& ctx) {
    EXPECT_EQ(ctx.database().query_row("SELECT username FROM users")->get<std::string>(0), "ann");
    EXPECT_EQ(sqlstate_of([&] { ctx.database().exec("SELECT * FROM sessions"); }), "42501");
  });
}

TEST_F(PluginIsolation, APluginWithoutSqlLeavesNothingInTheDatabase) {
  const auto rt = started_on_database({obedient("quiet")});
  in_turn(*rt, "quiet", [](plugin_context& ctx) { ctx.storage().set("k", 1); });
  EXPECT_TRUE(query("SELECT FROM pg_namespace WHERE nspname = 'plugin_quiet'").empty());
}

TEST_F(PluginIsolation, PurgeDropsAllThatIsThePluginsOnceItIsUnloaded) {
  const auto rt = started_on_database({obedient("gone"), obedient("stays")});
  for (const auto* name : {"gone", "stays"})
    in_turn(*rt, name, [](plugin_context& ctx) {
      ctx.database().create_table("t", "n int");
      ctx.storage().set("k", ctx.name());
    });
  EXPECT_EQ(code_of([&] { rt->purge("gone"); }), ec::conflict);
  rt->unload("gone");
  rt->purge("gone");
  rt->purge("gone");  // Nothing is left, which is no error.
  EXPECT_TRUE(query("SELECT FROM pg_namespace WHERE nspname = 'plugin_gone'").empty());
  EXPECT_TRUE(query("SELECT FROM plugin_storage WHERE plugin_name = 'gone'").empty());
  EXPECT_FALSE(query("SELECT FROM pg_namespace WHERE nspname = 'plugin_stays'").empty());
  EXPECT_EQ(code_of([&] { rt->purge("../x"); }), ec::invalid_argument);
  rt->load("gone");
  in_turn(*rt, "gone", [](plugin_context& ctx) {
    EXPECT_EQ(ctx.storage().get("k"), std::nullopt);
    ctx.database().create_table("t", "n int");
  });
}

TEST_F(PluginIsolation, UninstallKeepsOrDropsWhatThePluginHas) {
  const auto rt = started_on_database({obedient("p")});
  const auto rows = [&](const std::string& table, const std::string& column) {
    return query("SELECT FROM " + table + " WHERE " + column + " = 'p'").size();
  };
  const auto write = [&] { in_turn(*rt, "p", [](plugin_context& ctx) { ctx.storage().set("k", 1); }); };
  write();
  rt->uninstall("p", plugin_data::keep);
  EXPECT_EQ(rows("installed_plugins", "name"), 0U);
  EXPECT_EQ(rows("plugin_storage", "plugin_name"), 1U);
  EXPECT_EQ(code_of([&] { rt->uninstall("p", plugin_data::drop); }), ec::not_found);
  rt->load({.name = "p"});
  in_turn(*rt, "p", [](plugin_context& ctx) { EXPECT_EQ(ctx.storage().get("k"), json(1)); });
  rt->uninstall("p", plugin_data::drop);
  EXPECT_EQ(rows("plugin_storage", "plugin_name"), 0U);
  EXPECT_EQ(code_of([&] { rt->uninstall("../x", plugin_data::keep); }), ec::invalid_argument);
}

TEST_F(PluginIsolation, AServerOnWhichNoRolesCanBeMadeIsRefusedUnlessIsolationIsGivenUp) {
  const std::string database{database_url::parse(url()).database()};
  const auto owner = database + "_owner";
  query("CREATE ROLE " + owner + " LOGIN PASSWORD 'x'");
  query("ALTER DATABASE " + database + " OWNER TO " + owner);
  query("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + owner);
  query("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO " + owner);
  auto settings = with_database();
  settings.database_url = database_url::parse(url()).with("user", owner).with("password", "x").text();
  EXPECT_EQ(code_of([&] { started_on_database({obedient("p")}, settings); }), ec::permission_denied);

  settings.database_isolation = plugin_isolation::none;
  {
    const auto rt = started_on_database({obedient("p")}, settings);
    EXPECT_TRUE(logs().has(log_level::warn, "not kept apart"));
    in_turn(*rt, "p", [](plugin_context& ctx) { ctx.database().create_table("t", "n int"); });
  }
  query("REASSIGN OWNED BY " + owner + " TO CURRENT_USER");
  query("DROP OWNED BY " + owner);
  query("DROP ROLE " + owner);
}

TEST_F(PluginIsolation, ASecretsKeyThatIsTooShortIsRefusedAtStart) {
  auto settings = with_database();
  settings.secrets_key = "short";
  EXPECT_EQ(code_of([&] { started_on_database({obedient("p")}, settings); }), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace
