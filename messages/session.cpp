#include <array>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/session.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 5> state_names{"pending", "running", "hibernated", "terminated", "failed"};

}  // namespace

std::string_view to_string(session_state state) noexcept {
  return state_names[static_cast<std::size_t>(state)];
}

std::optional<session_state> parse_session_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == text) return static_cast<session_state>(i);
  return std::nullopt;
}

event session::created() const {
  return {std::string{event_types::session_created}, *this};
}
event session::started() const {
  return {std::string{event_types::session_started}, *this};
}
event session::stopped() const {
  return {std::string{event_types::session_stopped}, *this};
}
event session::hibernated() const {
  return {std::string{event_types::session_hibernated}, *this};
}
event session::woken() const {
  return {std::string{event_types::session_woken}, *this};
}
event session::deleted() const {
  return {std::string{event_types::session_deleted}, *this};
}

void to_json(json& out, const session& s) {
  using json_members::write;
  out = json{{"id", s.id},
             {"user_id", s.user_id},
             {"template_name", s.template_name},
             {"state", to_string(s.state)},
             {"app_type", s.app_type},
             {"active_connections", s.active_connections},
             {"namespace", s.name_space},
             {"platform", s.platform},
             {"persistent_home", s.persistent_home},
             {"created_at", to_rfc3339(s.created_at)},
             {"updated_at", to_rfc3339(s.updated_at)}};
  write(out, "team_id", s.team_id);
  write(out, "url", s.url);
  write(out, "pod_name", s.pod_name);
  write(out, "memory", s.memory);
  write(out, "cpu", s.cpu);
  write(out, "idle_timeout", s.idle_timeout);
  write(out, "max_session_duration", s.max_session_duration);
  write(out, "last_connection", s.last_connection);
  write(out, "last_disconnect", s.last_disconnect);
  write(out, "last_activity", s.last_activity);
}

void from_json(const json& in, session& s) {
  using namespace json_members;
  demand_object(in, "a session");
  session r;
  require(in, "id", r.id);
  read(in, "user_id", r.user_id);
  read(in, "team_id", r.team_id);
  read(in, "template_name", r.template_name);
  if (std::optional<std::string> text; read(in, "state", text), text) {
    const auto state = parse_session_state(*text);
    if (!state) wrong_kind("state", "one of pending, running, hibernated, terminated, failed");
    r.state = *state;
  }
  read(in, "app_type", r.app_type);
  read(in, "active_connections", r.active_connections);
  read(in, "url", r.url);
  read(in, "namespace", r.name_space);
  read(in, "platform", r.platform);
  read(in, "pod_name", r.pod_name);
  read(in, "memory", r.memory);
  read(in, "cpu", r.cpu);
  read(in, "persistent_home", r.persistent_home);
  read(in, "idle_timeout", r.idle_timeout);
  read(in, "max_session_duration", r.max_session_duration);
  read(in, "created_at", r.created_at);
  read(in, "updated_at", r.updated_at);
  read(in, "last_connection", r.last_connection);
  read(in, "last_disconnect", r.last_disconnect);
  read(in, "last_activity", r.last_activity);
  s = std::move(r);
}

}  // namespace streamspace
