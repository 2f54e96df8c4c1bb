#pragma once

#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/platform.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/messages/user.hpp>
#include <streamspace/persistence/sql_page.hpp>

/// The table users: statements, and what their answers mean. Nothing here touches a connection.
namespace streamspace {

struct user_credentials {
  user who;
  std::optional<std::string> password_hash;  ///< Nothing for users who sign in elsewhere.
};

/// Answers the new row. `who.created_at` and `who.updated_at` are written as they are.
sql_statement insert_user(const user& who, const std::optional<std::string>& password_hash);
sql_statement find_user(const std::string& id);
/// Upper and lower case are the same in a username. For read_user_credentials().
sql_statement find_user_credentials(const std::string& username);
/// Oldest first. For read_user_page().
sql_statement list_users(page_request wanted);
/// Answers the changed row; none when there is no such user. updated_at becomes `at`. The password in the changes is
/// not looked at: its hash is written.
sql_statement update_user(const std::string& id, const user_changes& changes,
                          const std::optional<std::string>& password_hash, timestamp at);
/// Answers the row with last_login = `at`.
sql_statement touch_user_login(const std::string& id, timestamp at);
/// Answers the row that was.
sql_statement remove_user(const std::string& id);

user read_user(const sql_row& row);
user_credentials read_user_credentials(const sql_row& row);
page_of<user> read_user_page(const sql_result& answer);

/// A constraint's refusal of one of these statements in the caller's words: already_exists for a taken name, email or
/// id, conflict for the removal of a user who has sessions, invalid_argument for a value out of range. Other errors
/// come back as they are.
error explain_user_error(error e);

}  // namespace streamspace
