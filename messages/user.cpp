#include <streamspace/messages/event.hpp>
#include <streamspace/messages/json_members.hpp>
#include <streamspace/messages/user.hpp>

namespace streamspace {

event user::created() const {
  return {std::string{event_types::user_created}, *this};
}
event user::updated() const {
  return {std::string{event_types::user_updated}, *this};
}
event user::deleted() const {
  return {std::string{event_types::user_deleted}, *this};
}
event user::login() const {
  return {std::string{event_types::user_login}, *this};
}
event user::logout() const {
  return {std::string{event_types::user_logout}, *this};
}

void to_json(json& out, const user& u) {
  using json_members::write;
  out = json{{"id", u.id},
             {"username", u.username},
             {"email", u.email},
             {"fullName", u.full_name},
             {"role", u.role},
             {"provider", u.provider},
             {"active", u.active},
             {"createdAt", to_rfc3339(u.created_at)},
             {"updatedAt", to_rfc3339(u.updated_at)}};
  write(out, "lastLogin", u.last_login);
  if (!u.groups.empty()) out["groups"] = u.groups;
  write(out, "quota", u.quota);
}

void from_json(const json& in, user& u) {
  using namespace json_members;
  demand_object(in, "a user");
  user r;
  require(in, "id", r.id);
  read(in, "username", r.username);
  read(in, "email", r.email);
  read(in, "fullName", r.full_name);
  read(in, "role", r.role);
  read(in, "provider", r.provider);
  read(in, "active", r.active);
  read(in, "createdAt", r.created_at);
  read(in, "updatedAt", r.updated_at);
  read(in, "lastLogin", r.last_login);
  read(in, "groups", r.groups);
  read(in, "quota", r.quota);
  u = std::move(r);
}

}  // namespace streamspace
