#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/persistence/database_url.hpp>
#include <streamspace/persistence/pg_connection.hpp>
#include <streamspace/persistence/plugin_roles.hpp>
#include <streamspace/persistence/sql_text.hpp>

namespace streamspace {

namespace {

/// What PostgreSQL keeps of a name, in bytes.
constexpr std::size_t longest_name = 63;

/// What a plugin may read of the platform, by the permission that it declares.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> views{
    {{"read:sessions", "streamspace_views.sessions"}, {"read:users", "streamspace_views.users"}}};

/// The name if PostgreSQL keeps all of it, else one that is as much its own.
std::string kept_whole(std::string name) {
  constexpr std::size_t digits = 16;
  if (name.size() <= longest_name) return name;
  const auto end = "~" + digest_of(name).substr(0, digits);
  return name.substr(0, longest_name - end.size()) + end;
}

/// By which a role is known as ours.
std::string comment_for(const std::string& plugin) {
  return "StreamSpace plugin " + plugin;
}

/// One caller at a time makes or drops roles, as PostgreSQL refuses what is done to one role at the same time.
constexpr const char* lock = "SELECT pg_advisory_xact_lock(hashtextextended('streamspace plugin roles', 0))";

/// One transaction of the platform's user; rolled back unless it is committed.
class work {
 public:
  work(pg_connection& on, std::chrono::milliseconds patience) : on_{on}, patience_{patience} {
    on_.begin(patience_);
    execute({lock, {}});
  }
  work(const work&) = delete;
  work& operator=(const work&) = delete;
  ~work() {
    try {
      if (on_.usable() && on_.in_transaction()) on_.rollback(patience_);
    } catch (const std::exception&) {  // The connection goes with what it had begun.
    }
  }

  sql_result execute(const sql_statement& statement) { return on_.execute(statement, patience_); }
  void commit() { on_.commit(patience_); }

 private:
  pg_connection& on_;
  const std::chrono::milliseconds patience_;
};

/// Whether the role is there. Error conflict when it was not made here.
bool has_role(work& tx, const std::string& plugin, const std::string& role) {
  const auto found =
      tx.execute({"SELECT shobj_description(oid, 'pg_authid') IS NOT DISTINCT FROM $2 FROM pg_roles WHERE rolname = $1",
                  {role, comment_for(plugin)}});
  if (!found.empty() && !found[0].get<bool>(0))
    throw error{ec::conflict, "the database role " + quote_identifier(role) + ", which plugin " + plugin +
                                  " should have, is there already and was not made for it; rename or drop it"};
  return !found.empty();
}

void make_schema(work& tx, const std::string& plugin, const plugin_place& place) {
  const auto owner =
      tx.execute({"SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1", {place.schema}});
  if (owner.empty()) {
    tx.execute(
        {"CREATE SCHEMA " + quote_identifier(place.schema) + " AUTHORIZATION " + quote_identifier(place.role), {}});
  } else if (owner[0].get<std::string>(0) != place.role) {
    throw error{ec::conflict, "the schema " + quote_identifier(place.schema) + ", which plugin " + plugin +
                                  " should have, belongs to the role " +
                                  quote_identifier(owner[0].get<std::string>(0)) + "; rename or drop it"};
  }
}

}  // namespace

plugin_place place_of_plugin(std::string_view plugin, std::string_view database) {
  std::string schema{"plugin_"};
  schema += plugin;
  std::replace(schema.begin(), schema.end(), '-', '_');
  return {kept_whole(schema + '@' + std::string{database}), kept_whole(schema)};
}

sql_statement measure_schemas(const std::vector<std::string>& plugins) {
  std::vector<std::string> schemas;
  for (const auto& plugin : plugins) schemas.push_back(place_of_plugin(plugin, {}).schema);
  return {
      "SELECT w.plugin, sum(pg_total_relation_size(c.oid))::bigint FROM unnest($1::text[], $2::text[]) AS w (plugin, "
      "schema) JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid "
      "WHERE c.relkind IN ('r', 'm') GROUP BY w.plugin",
      {array_of_texts(plugins), array_of_texts(schemas)}};
}

std::map<std::string, std::uint64_t> read_schema_sizes(const sql_result& answer) {
  std::map<std::string, std::uint64_t> sizes;
  for (const auto row : answer)
    sizes.emplace(row.get<std::string>(0), row.get<std::optional<std::uint64_t>>(1).value_or(0));
  return sizes;
}

pg_connection plugin_roles::connect() const {
  return pg_connection{settings_.url, settings_.connect_timeout};
}

void plugin_roles::demand_rights() const {
  auto on = connect();
  const auto row = on.execute({"SELECT current_user, current_database(), rolsuper OR rolcreaterole, "
                               "has_database_privilege(current_database(), 'CREATE') "
                               "FROM pg_roles WHERE rolname = current_user",
                               {}},
                              settings_.patience)[0];
  const auto user = quote_identifier(row.get<std::string>(0));
  if (!row.get<bool>(2))
    throw error{ec::permission_denied, "the database user " + user +
                                           " may not make roles, so that plugins would share its rights to all "
                                           "tables; ALTER ROLE " +
                                           user + " CREATEROLE, or ask for plugins without isolation"};
  if (!row.get<bool>(3)) {
    const auto database = quote_identifier(row.get<std::string>(1));
    throw error{ec::permission_denied, "the database user " + user +
                                           " may not make schemas for plugins; GRANT CREATE ON DATABASE " + database +
                                           " TO " + user + ", or ask for plugins without isolation"};
  }
}

std::string plugin_roles::ensure(const std::string& plugin, std::span<const std::string> permissions) const {
  auto on = connect();
  work tx{on, settings_.patience};
  const auto here =
      tx.execute({"SELECT current_database(), rolsuper FROM pg_roles WHERE rolname = current_user", {}})[0];
  const auto database = here.get<std::string>(0);
  const auto place = place_of_plugin(plugin, database);
  const auto role = quote_identifier(place.role);
  const auto password = settings_.key.derive("password of " + place.role);
  const auto rights =
      " LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD " + quote_literal(on.password_verifier(place.role, password));
  if (has_role(tx, plugin, place.role)) {
    tx.execute({"ALTER ROLE " + role + rights, {}});
  } else {
    tx.execute({"CREATE ROLE " + role + rights, {}});
    tx.execute({"COMMENT ON ROLE " + role + " IS " + quote_literal(comment_for(plugin)), {}});
  }
  tx.execute(
      {"INSERT INTO plugin_logins (role, plugin_name) VALUES ($1, $2) ON CONFLICT (role) DO UPDATE SET "
       "plugin_name = EXCLUDED.plugin_name",
       {place.role, plugin}});
  // Who is no superuser makes and drops a role's things as a member of it.
  if (!here.get<bool>(1) &&
      !tx.execute({"SELECT pg_has_role(current_user, $1, 'USAGE')", {place.role}})[0].get<bool>(0))
    tx.execute({"GRANT " + role + " TO CURRENT_USER", {}});
  make_schema(tx, plugin, place);
  tx.execute({"ALTER ROLE " + role + " IN DATABASE " + quote_identifier(database) +
                  " SET search_path = " + quote_identifier(place.schema) + ", streamspace_views",
              {}});
  tx.execute({"GRANT USAGE ON SCHEMA streamspace_views TO " + role, {}});
  for (const auto& [permission, view] : views) {
    const bool declared = std::find(permissions.begin(), permissions.end(), permission) != permissions.end();
    tx.execute({std::string{declared ? "GRANT SELECT ON " : "REVOKE ALL ON "}.append(view) +
                    (declared ? " TO " : " FROM ") + role,
                {}});
  }
  tx.commit();
  return database_url::parse(settings_.url)
      .with("dbname", database)
      .with("user", place.role)
      .with("password", password)
      .with("application_name", "streamspace " + plugin)
      .text();
}

bool plugin_roles::drop(const std::string& plugin) const {
  auto on = connect();
  work tx{on, settings_.patience};
  const auto database = tx.execute({"SELECT current_database()", {}})[0].get<std::string>(0);
  const auto place = place_of_plugin(plugin, database);
  if (!has_role(tx, plugin, place.role)) return false;
  const auto role = quote_identifier(place.role);
  tx.execute({"ALTER ROLE " + role + " NOLOGIN", {}});
  tx.execute({"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", {place.role}});
  tx.execute({"DROP OWNED BY " + role + " CASCADE", {}});
  tx.execute({"DROP ROLE " + role, {}});
  tx.execute({"DELETE FROM plugin_logins WHERE role = $1", {place.role}});
  tx.commit();
  return true;
}

}  // namespace streamspace
