#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/page.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/user.hpp>

/// What is asked of the host platform's users and sessions. Each from_json demands what it needs, refuses members it
/// does not know, and throws error (invalid_argument, naming the member).
namespace streamspace {

/// A user to be made. The password, when there is one, has 8 to 256 bytes.
struct user_draft {
  std::string username;
  std::string email;
  std::string full_name;
  std::string role = "user";
  std::optional<std::string> password;
  std::vector<std::string> groups;
  std::optional<json> quota;
};
void from_json(const json& in, user_draft& d);

/// What to change of a user; what is absent stays.
struct user_changes {
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<std::string> full_name;
  std::optional<std::string> role;
  std::optional<bool> active;
  std::optional<std::string> password;
  std::optional<std::vector<std::string>> groups;
  std::optional<json> quota;  ///< JSON null takes the quota away.

  bool empty() const noexcept {
    return !username && !email && !full_name && !role && !active && !password && !groups && !quota;
  }
};
void from_json(const json& in, user_changes& c);

/// A session to be made, in state pending.
struct session_draft {
  std::string user_id;
  std::string template_name;
  std::optional<std::string> team_id;
  std::string app_type = "desktop";
  std::string name_space = "default";
  std::string platform = "kubernetes";
  std::optional<std::string> memory;
  std::optional<std::string> cpu;
  bool persistent_home = false;
  std::optional<std::string> idle_timeout;
  std::optional<std::string> max_session_duration;
};
void from_json(const json& in, session_draft& d);

/// What to change of a session; what is absent stays. Where a session may lack a value, `nullopt` inside (JSON null)
/// takes it away. Its state changes only by session_action.
struct session_changes {
  template <class T>
  using clearable = std::optional<std::optional<T>>;

  clearable<std::string> team_id;
  std::optional<std::string> template_name;
  std::optional<std::string> app_type;
  std::optional<int> active_connections;
  clearable<std::string> url;
  clearable<std::string> pod_name;
  clearable<std::string> memory;
  clearable<std::string> cpu;
  std::optional<bool> persistent_home;
  clearable<std::string> idle_timeout;
  clearable<std::string> max_session_duration;
  clearable<timestamp> last_connection;
  clearable<timestamp> last_disconnect;
  clearable<timestamp> last_activity;
};
void from_json(const json& in, session_changes& c);

/// start: pending -> running; stop: running or hibernated -> terminated; hibernate: running -> hibernated; wake:
/// hibernated -> running.
enum class session_action : std::uint8_t { start, stop, hibernate, wake };

std::string_view to_string(session_action action) noexcept;
std::optional<session_action> parse_session_action(std::string_view text) noexcept;

/// The states from which an action is allowed, and the state it leads to.
struct session_transition {
  std::vector<session_state> from;
  session_state to;
};
session_transition transition_of(session_action action);
/// The event that the platform emits once the action is done.
event event_of(session_action action, const session& s);

using user_page = page_of<user>;
using session_page = page_of<session>;

/// Which sessions to list; what is absent does not narrow.
struct session_filter {
  std::optional<std::string> user_id;
  std::optional<session_state> state;
};

/// A name and a password to be checked.
struct credentials {
  std::string username;
  std::string password;
};
void from_json(const json& in, credentials& c);

}  // namespace streamspace
