#pragma once

#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/platform.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/sql.hpp>
#include <streamspace/persistence/sql_page.hpp>

/// The table sessions: statements, and what their answers mean. Nothing here touches a connection.
namespace streamspace {

/// Answers the new row. Times are written as they are.
sql_statement insert_session(const session& s);
sql_statement find_session(const std::string& id);
/// Oldest first. For read_session_page().
sql_statement list_sessions(const session_filter& filter, page_request wanted);
/// Answers the changed row; none when there is no such session. updated_at becomes `at`.
sql_statement update_session(const std::string& id, const session_changes& changes, timestamp at);
/// Moves a session that is in one of the states `from` to `to` and answers the row; none when it is in another state or
/// does not exist. Of several callers at once, one gets the row. A session that does not run has no connections.
sql_statement transition_session(const std::string& id, const std::vector<session_state>& from, session_state to,
                                 timestamp at);
/// Answers the row that was.
sql_statement remove_session(const std::string& id);

session read_session(const sql_row& row);
page_of<session> read_session_page(const sql_result& answer);

/// A constraint's refusal of one of these statements in the caller's words: already_exists for a taken id,
/// invalid_argument for a user who does not exist or a value out of range. Other errors come back as they are.
error explain_session_error(error e);

}  // namespace streamspace
