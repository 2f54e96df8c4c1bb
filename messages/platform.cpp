#include <algorithm>
#include <array>
#include <initializer_list>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/platform.hpp>

namespace streamspace {

namespace {

using namespace json_members;

void demand_only(const json& in, std::string_view what, std::initializer_list<std::string_view> known) {
  demand_object(in, what);
  for (const auto& [key, value] : in.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw error{ec::invalid_argument,
                  "member '" + key.substr(0, 80) + "' of " + std::string{what} + " is not known or may not be set",
                  {{"member", key}}};
}

void demand_length(std::string_view name, const std::string& value, std::size_t least, std::size_t most) {
  if (value.size() < least || value.size() > most)
    throw error{ec::invalid_argument,
                "member '" + std::string{name} + "' must have " + std::to_string(least) + " to " +
                    std::to_string(most) + " bytes",
                {{"member", std::string{name}}}};
}

void check(const std::optional<std::string>& value, std::string_view name, std::size_t least, std::size_t most) {
  if (value) demand_length(name, *value, least, most);
}

void check_role(const std::string& role) {
  if (role != "admin" && role != "operator" && role != "user") wrong_kind("role", "admin, operator or user");
}

void check_quota(const std::optional<json>& quota) {
  if (quota && !quota->is_object() && !quota->is_null()) wrong_kind("quota", "an object");
}

/// Reads a member whose null means "take it away".
template <class T>
void read_clearable(const json& in, const char* name, std::optional<std::optional<T>>& out) {
  const auto it = in.find(name);
  if (it == in.end()) return;
  out.emplace();
  if (!it->is_null()) convert(*it, name, *out);
}

constexpr std::array<std::string_view, 4> action_names{"start", "stop", "hibernate", "wake"};

}  // namespace

void from_json(const json& in, user_draft& d) {
  demand_only(in, "a new user", {"username", "email", "fullName", "role", "password", "groups", "quota"});
  user_draft r;
  require(in, "username", r.username);
  require(in, "email", r.email);
  read(in, "fullName", r.full_name);
  read(in, "role", r.role);
  read(in, "password", r.password);
  read(in, "groups", r.groups);
  read(in, "quota", r.quota);
  demand_length("username", r.username, 1, 100);
  demand_length("email", r.email, 3, 320);
  demand_length("fullName", r.full_name, 0, 200);
  check_role(r.role);
  check(r.password, "password", 8, 256);
  check_quota(r.quota);
  d = std::move(r);
}

void from_json(const json& in, user_changes& c) {
  demand_only(in, "a user's changes",
              {"username", "email", "fullName", "role", "active", "password", "groups", "quota"});
  user_changes r;
  read(in, "username", r.username);
  read(in, "email", r.email);
  read(in, "fullName", r.full_name);
  read(in, "role", r.role);
  read(in, "active", r.active);
  read(in, "password", r.password);
  read(in, "groups", r.groups);
  if (const auto it = in.find("quota"); it != in.end()) r.quota = *it;
  check(r.username, "username", 1, 100);
  check(r.email, "email", 3, 320);
  check(r.full_name, "fullName", 0, 200);
  if (r.role) check_role(*r.role);
  check(r.password, "password", 8, 256);
  check_quota(r.quota);
  c = std::move(r);
}

void from_json(const json& in, session_draft& d) {
  demand_only(in, "a new session",
              {"user_id", "template_name", "team_id", "app_type", "namespace", "platform", "memory", "cpu",
               "persistent_home", "idle_timeout", "max_session_duration"});
  session_draft r;
  require(in, "user_id", r.user_id);
  require(in, "template_name", r.template_name);
  read(in, "team_id", r.team_id);
  read(in, "app_type", r.app_type);
  read(in, "namespace", r.name_space);
  read(in, "platform", r.platform);
  read(in, "memory", r.memory);
  read(in, "cpu", r.cpu);
  read(in, "persistent_home", r.persistent_home);
  read(in, "idle_timeout", r.idle_timeout);
  read(in, "max_session_duration", r.max_session_duration);
  demand_length("user_id", r.user_id, 1, 100);
  demand_length("template_name", r.template_name, 1, 200);
  demand_length("app_type", r.app_type, 1, 100);
  demand_length("namespace", r.name_space, 1, 100);
  demand_length("platform", r.platform, 1, 100);
  for (const auto& [name, value] : {std::pair{"team_id", &r.team_id},
                                    {"memory", &r.memory},
                                    {"cpu", &r.cpu},
                                    {"idle_timeout", &r.idle_timeout},
                                    {"max_session_duration", &r.max_session_duration}})
    check(*value, name, 1, 100);
  d = std::move(r);
}

void from_json(const json& in, session_changes& c) {
  demand_only(in, "a session's changes",
              {"team_id", "template_name", "app_type", "active_connections", "url", "pod_name", "memory", "cpu",
               "persistent_home", "idle_timeout", "max_session_duration", "last_connection", "last_disconnect",
               "last_activity"});
  session_changes r;
  read_clearable(in, "team_id", r.team_id);
  read(in, "template_name", r.template_name);
  read(in, "app_type", r.app_type);
  read(in, "active_connections", r.active_connections);
  read_clearable(in, "url", r.url);
  read_clearable(in, "pod_name", r.pod_name);
  read_clearable(in, "memory", r.memory);
  read_clearable(in, "cpu", r.cpu);
  read(in, "persistent_home", r.persistent_home);
  read_clearable(in, "idle_timeout", r.idle_timeout);
  read_clearable(in, "max_session_duration", r.max_session_duration);
  read_clearable(in, "last_connection", r.last_connection);
  read_clearable(in, "last_disconnect", r.last_disconnect);
  read_clearable(in, "last_activity", r.last_activity);
  check(r.template_name, "template_name", 1, 200);
  check(r.app_type, "app_type", 1, 100);
  if (r.url) check(*r.url, "url", 1, 2000);
  for (const auto& [name, value] : {std::pair{"team_id", &r.team_id},
                                    {"pod_name", &r.pod_name},
                                    {"memory", &r.memory},
                                    {"cpu", &r.cpu},
                                    {"idle_timeout", &r.idle_timeout},
                                    {"max_session_duration", &r.max_session_duration}})
    if (*value) check(**value, name, 1, 300);
  if (r.active_connections && *r.active_connections < 0) wrong_kind("active_connections", "0 or more");
  c = std::move(r);
}

void from_json(const json& in, credentials& c) {
  demand_only(in, "a login", {"username", "password"});
  credentials r;
  require(in, "username", r.username);
  require(in, "password", r.password);
  demand_length("username", r.username, 1, 100);
  demand_length("password", r.password, 1, 256);
  c = std::move(r);
}

std::string_view to_string(session_action action) noexcept {
  return action_names[static_cast<std::size_t>(action)];
}

std::optional<session_action> parse_session_action(std::string_view text) noexcept {
  for (std::size_t i = 0; i < action_names.size(); ++i)
    if (action_names[i] == text) return static_cast<session_action>(i);
  return std::nullopt;
}

session_transition transition_of(session_action action) {
  switch (action) {
    case session_action::start:
      return {{session_state::pending}, session_state::running};
    case session_action::stop:
      return {{session_state::running, session_state::hibernated}, session_state::terminated};
    case session_action::hibernate:
      return {{session_state::running}, session_state::hibernated};
    case session_action::wake:
      return {{session_state::hibernated}, session_state::running};
  }
  throw error{ec::internal, "an action that is none"};
}

event event_of(session_action action, const session& s) {
  switch (action) {
    case session_action::start:
      return s.started();
    case session_action::stop:
      return s.stopped();
    case session_action::hibernate:
      return s.hibernated();
    case session_action::wake:
      return s.woken();
  }
  throw error{ec::internal, "an action that is none"};
}

}  // namespace streamspace
