#include <streamspace/persistence/constraint_error.hpp>
#include <streamspace/persistence/json_text.hpp>
#include <streamspace/persistence/user_sql.hpp>

namespace streamspace {

namespace {

const std::string columns =
    "id, username, email, full_name, role, provider, active, created_at, updated_at, last_login, "
    "to_json(groups) AS groups, quota";

/// A JSON array of strings as text[].
const std::string array_of_json = "ARRAY(SELECT jsonb_array_elements_text($::jsonb))";

/// Nothing and JSON null are both NULL.
sql_param quota_param(const std::optional<json>& quota) {
  return quota && !quota->is_null() ? sql_param{to_jsonb_text(*quota)} : sql_param{nullptr};
}

}  // namespace

sql_statement insert_user(const user& who, const std::optional<std::string>& password_hash) {
  return {
      "INSERT INTO users (id, username, email, full_name, role, provider, active, created_at, updated_at, last_login, "
      "groups, "
      "quota, password_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "ARRAY(SELECT jsonb_array_elements_text($11::jsonb)), $12, $13) RETURNING " +
          columns,
      {who.id, who.username, who.email, who.full_name, who.role, who.provider, who.active, who.created_at,
       who.updated_at, who.last_login, to_jsonb_text(who.groups), quota_param(who.quota), password_hash}};
}

sql_statement find_user(const std::string& id) {
  return {"SELECT " + columns + " FROM users WHERE id = $1", {id}};
}

sql_statement find_user_credentials(const std::string& username) {
  return {"SELECT " + columns + ", password_hash FROM users WHERE lower(username) = lower($1)", {username}};
}

sql_statement list_users(page_request wanted) {
  return select_page(columns, "users", {}, "created_at, id", {}, wanted);
}

sql_statement update_user(const std::string& id, const user_changes& changes,
                          const std::optional<std::string>& password_hash, timestamp at) {
  sql_update update;
  update.set("updated_at", at);
  if (changes.username) update.set("username", *changes.username);
  if (changes.email) update.set("email", *changes.email);
  if (changes.full_name) update.set("full_name", *changes.full_name);
  if (changes.role) update.set("role", *changes.role);
  if (changes.active) update.set("active", *changes.active);
  if (changes.groups) update.set("groups", array_of_json, to_jsonb_text(*changes.groups));
  if (changes.quota) update.set("quota", quota_param(changes.quota));
  if (password_hash) update.set("password_hash", *password_hash);
  return update.where_id("users", id, columns);
}

sql_statement touch_user_login(const std::string& id, timestamp at) {
  return {"UPDATE users SET last_login = $2 WHERE id = $1 RETURNING " + columns, {id, at}};
}

sql_statement remove_user(const std::string& id) {
  return {"DELETE FROM users WHERE id = $1 RETURNING " + columns, {id}};
}

user read_user(const sql_row& row) {
  user who;
  who.id = row.get<std::string>("id");
  who.username = row.get<std::string>("username");
  who.email = row.get<std::string>("email");
  who.full_name = row.get<std::string>("full_name");
  who.role = row.get<std::string>("role");
  who.provider = row.get<std::string>("provider");
  who.active = row.get<bool>("active");
  who.created_at = row.get<timestamp>("created_at");
  who.updated_at = row.get<timestamp>("updated_at");
  who.last_login = row.get<std::optional<timestamp>>("last_login");
  who.groups = row.get<json>("groups").get<std::vector<std::string>>();
  who.quota = row.get<std::optional<json>>("quota");
  return who;
}

user_credentials read_user_credentials(const sql_row& row) {
  return {read_user(row), row.get<std::optional<std::string>>("password_hash")};
}

page_of<user> read_user_page(const sql_result& answer) {
  return read_page<user>(answer, read_user);
}

error explain_user_error(error e) {
  return explain_constraint(std::move(e),
                            {{"users_pkey", ec::already_exists, "there is a user with this id already"},
                             {"users_username_key", ec::already_exists, "the username is taken; choose another one"},
                             {"users_email_key", ec::already_exists, "the email address belongs to another user"},
                             {"sessions_user_fkey", ec::conflict, "the user still has sessions; delete those first"},
                             {"users_role_check", ec::invalid_argument, "role must be admin, operator or user"},
                             {"users_username_check", ec::invalid_argument, "username must have 1 to 128 characters"},
                             {"users_email_check", ec::invalid_argument, "email must have at most 320 characters"}});
}

}  // namespace streamspace
