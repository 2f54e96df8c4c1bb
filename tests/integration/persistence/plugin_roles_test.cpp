// The roles of plugins on a real PostgreSQL: what they may do, and above all what they may not.
#include <future>
#include <vector>

#include <gmock/gmock.h>
#include <support/errors.hpp>
#include <support/postgres_fixture.hpp>

#include <streamspace/persistence/database_url.hpp>
#include <streamspace/persistence/plugin_roles.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {
namespace {

using testing::code_of;
using ::testing::HasSubstr;
using testing::patience;

class PluginRoles : public testing::postgres_test {
 protected:
  plugin_roles roles(const std::string& as = {}) const {
    return plugin_roles{{.url = as.empty() ? url() : as, .key = secret_key{std::string(32, 'k')}}};
  }
  pg_connection login(const std::string& plugin, const std::vector<std::string>& permissions = {}) {
    return pg_connection{roles().ensure(plugin, permissions), patience};
  }
  sql_result as_platform(const std::string& text, sql_params params = {}) {
    return connect().execute({text, std::move(params)}, patience);
  }
  std::string role_of(const std::string& plugin) const { return place_of_plugin(plugin, database()).role; }
  std::string database() const { return std::string{database_url::parse(url()).database()}; }

  static sql_result run(pg_connection& on, const std::string& text) { return on.execute({text, {}}, patience); }
  /// Empty when it was allowed.
  static std::string sqlstate_of(pg_connection& on, const std::string& text) {
    try {
      run(on, text);
      return {};
    } catch (const database_error& e) {
      return std::string{e.sqlstate()};
    }
  }
};

TEST_F(PluginRoles, AreAtHomeInTheirOwnSchema) {
  auto a = login("a-1");
  run(a, "CREATE TABLE notes (n int)");
  run(a, "INSERT INTO notes VALUES (1)");
  EXPECT_EQ(as_platform("SELECT n FROM plugin_a_1.notes")[0].get<int>(0), 1);
  EXPECT_EQ(run(a, "SELECT current_user")[0].get<std::string>(0), role_of("a-1"));
  EXPECT_EQ(run(a, "SELECT session_user")[0].get<std::string>(0), role_of("a-1"));
}

// The original's plugins reached every table of every plugin and of the platform.
TEST_F(PluginRoles, ReachNothingOfAnotherPluginOrOfThePlatformWhateverTheyTry) {
  auto b = login("b");
  run(b, "CREATE TABLE secrets (n int)");
  run(b, "INSERT INTO secrets VALUES (42)");
  run(b, "CREATE FUNCTION leak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT n FROM secrets'");
  auto a = login("a", {"read:sessions"});
  const auto platform = quote_identifier(as_platform("SELECT current_user")[0].get<std::string>(0));
  const auto role_a = quote_identifier(role_of("a"));
  const auto role_b = quote_identifier(role_of("b"));
  for (const auto& text : std::vector<std::string>{
           "SELECT * FROM plugin_b.secrets",
           "INSERT INTO plugin_b.secrets VALUES (1)",
           "DROP TABLE plugin_b.secrets",
           "SELECT plugin_b.leak()",
           "CREATE TABLE plugin_b.mine (n int)",
           "COPY plugin_b.secrets TO STDOUT",
           "SELECT * FROM public.users",
           "SELECT * FROM public.plugin_storage",
           "DELETE FROM public.installed_plugins",
           "SELECT * FROM public.schema_migrations",
           "SELECT * FROM streamspace_views.users",
           "UPDATE streamspace_views.sessions SET state = 'failed'",
           "CREATE TABLE public.mine (n int)",
           "CREATE SCHEMA mine",
           "CREATE ROLE mine",
           "SET ROLE " + platform,
           "SET ROLE " + role_b,
           "SET SESSION AUTHORIZATION " + platform,
           "ALTER ROLE " + role_a + " SUPERUSER",
           "ALTER ROLE " + role_a + " CREATEROLE",
           "GRANT " + role_b + " TO " + role_a,
           "SELECT pg_read_file('/etc/passwd')",
           "COPY streamspace_views.sessions TO PROGRAM 'cat'",
           "SELECT * FROM pg_authid",
       })
    EXPECT_EQ(sqlstate_of(a, text), "42501") << text;

  // Nothing that it may do to its session leads to more rights.
  for (const auto* first : {"RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT", "RESET ALL",
                            "SET search_path = plugin_b, public, pg_catalog", "SET row_security = off"}) {
    run(a, first);
    EXPECT_EQ(sqlstate_of(a, "SELECT * FROM plugin_b.secrets"), "42501") << first;
    EXPECT_EQ(sqlstate_of(a, "SELECT * FROM public.users"), "42501") << first;
  }
  run(a, "SET search_path = plugin_a");
  run(a, "SET check_function_bodies = off");
  run(a,
      "CREATE FUNCTION mine() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS "
      "'SELECT count(*) FROM plugin_b.secrets'");
  EXPECT_EQ(sqlstate_of(a, "SELECT mine()"), "42501");
  EXPECT_EQ(as_platform("SELECT sum(n) FROM plugin_b.secrets")[0].get<int>(0), 42);
}

TEST_F(PluginRoles, ReadOfThePlatformWhatTheirPermissionsSayAndNoPassword) {
  as_platform("INSERT INTO users (id, username, password_hash) VALUES ('u1', 'ann', 'hash')");
  as_platform("INSERT INTO sessions (id, user_id, template_name) VALUES ('s1', 'u1', 't')");
  auto a = login("a", {"read:sessions", "read:users", "network", "read:everything"});
  EXPECT_EQ(run(a, "SELECT user_id FROM sessions")[0].get<std::string>(0), "u1");
  EXPECT_EQ(run(a, "SELECT username FROM users")[0].get<std::string>(0), "ann");
  EXPECT_EQ(sqlstate_of(a, "SELECT password_hash FROM users"), "42703") << "there is no such column for it";
  login("a", {"read:sessions"});  // A version that declares less.
  EXPECT_EQ(sqlstate_of(a, "SELECT * FROM users"), "42501");
  EXPECT_EQ(run(a, "SELECT * FROM sessions").size(), 1U);
}

TEST_F(PluginRoles, StayAsTheyAreWhenManyHostsEnsureThemAgain) {
  auto a = login("a");
  run(a, "CREATE TABLE kept (n int)");
  std::vector<std::future<std::string>> hosts;
  for (int i = 0; i < 8; ++i) hosts.push_back(std::async(std::launch::async, [&] { return roles().ensure("a", {}); }));
  for (auto& host : hosts) EXPECT_EQ(host.get(), roles().ensure("a", {}));
  EXPECT_TRUE(run(a, "SELECT * FROM kept").empty());
}

TEST_F(PluginRoles, AreDroppedWithAllThatIsTheirsAndNothingElse) {
  auto a = login("a", {"read:users"});
  run(a, "CREATE TABLE t (n int)");
  run(a, "CREATE VIEW v AS SELECT * FROM t");
  auto b = login("b");
  run(b, "CREATE TABLE t (n int)");
  EXPECT_TRUE(roles().drop("a"));
  EXPECT_FALSE(roles().drop("a"));
  EXPECT_EQ(code_of([&] { run(a, "SELECT 1"); }), ec::database_unreachable) << "its connections are ended";
  EXPECT_TRUE(as_platform("SELECT FROM pg_namespace WHERE nspname = 'plugin_a'").empty());
  EXPECT_TRUE(as_platform("SELECT FROM pg_roles WHERE rolname = $1", {role_of("a")}).empty());
  EXPECT_TRUE(run(b, "SELECT * FROM t").empty());
  EXPECT_FALSE(
      as_platform("SELECT FROM pg_views WHERE schemaname = 'streamspace_views' AND viewname = 'users'").empty());
  auto again = login("a");
  EXPECT_EQ(sqlstate_of(again, "SELECT * FROM t"), "42P01");
}

TEST_F(PluginRoles, DoNotTakeOverWhatIsSomebodyElses) {
  as_platform("CREATE ROLE " + quote_identifier(role_of("a")));
  EXPECT_EQ(code_of([&] { roles().ensure("a", {}); }), ec::conflict);
  EXPECT_EQ(code_of([&] { roles().drop("a"); }), ec::conflict);
  as_platform("DROP ROLE " + quote_identifier(role_of("a")));
  as_platform("CREATE SCHEMA plugin_a");
  EXPECT_EQ(code_of([&] { roles().ensure("a", {}); }), ec::conflict);
  EXPECT_TRUE(as_platform("SELECT FROM pg_roles WHERE rolname = $1", {role_of("a")}).empty()) << "nothing is half done";
}

TEST_F(PluginRoles, AreMadeByAUserWhoIsNoSuperuserToo) {
  const auto owner = quote_identifier(database() + "_owner");
  as_platform("CREATE ROLE " + owner + " LOGIN CREATEROLE PASSWORD 'x'");
  const auto limited = database_url::parse(url()).with("user", database() + "_owner").with("password", "x").text();
  EXPECT_EQ(code_of([&] { roles(limited).demand_rights(); }), ec::permission_denied) << "no schemas";
  as_platform("GRANT CREATE ON DATABASE " + quote_identifier(database()) + " TO " + owner);
  as_platform("ALTER SCHEMA streamspace_views OWNER TO " + owner);
  as_platform("ALTER VIEW streamspace_views.sessions OWNER TO " + owner);
  as_platform("ALTER VIEW streamspace_views.users OWNER TO " + owner);
  as_platform("ALTER FUNCTION streamspace_views.emit_event OWNER TO " + owner);
  as_platform("ALTER TABLE plugin_logins OWNER TO " + owner);
  roles(limited).demand_rights();
  {
    pg_connection a{roles(limited).ensure("a", {}), patience};
    run(a, "CREATE TABLE t (n int)");
    EXPECT_EQ(sqlstate_of(a, "SET ROLE " + owner), "42501");
    roles(limited).ensure("a", {});
    EXPECT_TRUE(roles(limited).drop("a"));
  }
  as_platform("ALTER ROLE " + owner + " NOCREATEROLE");
  EXPECT_EQ(code_of([&] { roles(limited).demand_rights(); }), ec::permission_denied);
  as_platform("DROP OWNED BY " + owner + " CASCADE");
  as_platform("DROP ROLE " + owner);
}

TEST_F(PluginRoles, HavePasswordsThatFollowFromTheKeyAndStandNowhere) {
  const auto url_of_a = roles().ensure("a", {});
  const std::string password{database_url::parse(url_of_a).option("password")};
  EXPECT_EQ(password.size(), 64U);
  EXPECT_NE(password, database_url::parse(roles().ensure("b", {})).option("password"));
  const auto kept =
      as_platform("SELECT rolpassword FROM pg_authid WHERE rolname = $1", {role_of("a")})[0].get<std::string>(0);
  EXPECT_THAT(kept, HasSubstr("SCRAM-SHA-256$"));
  const plugin_roles with_another_key{{.url = url(), .key = secret_key::random()}};
  EXPECT_NE(with_another_key.ensure("a", {}), url_of_a);
}

}  // namespace
}  // namespace streamspace
