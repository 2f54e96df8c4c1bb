#include <initializer_list>

#include <streamspace/plugins/builtin/audit/audit_entry.hpp>
#include <streamspace/plugins/builtin/shared/redaction.hpp>

namespace streamspace::builtin {

namespace {

/// The first of these members that is text.
std::optional<std::string> first_text(const json& data, std::initializer_list<const char*> names) {
  if (!data.is_object()) return std::nullopt;
  for (const auto* name : names)
    if (const auto it = data.find(name);
        it != data.end() && it->is_string() && !it->get_ref<const std::string&>().empty())
      return it->get<std::string>();
  return std::nullopt;
}

}  // namespace

audit_entry make_audit_entry(const event& e) {
  audit_entry entry{e.id(), e.type(), e.source(), e.time(), {}, {}, redacted(e.data())};
  const bool is_session = e.get_if<session>() || e.type().starts_with("session.");
  const bool is_user = e.get_if<user>() || e.type().starts_with("user.");
  entry.session = first_text(entry.data, {"session_id", "sessionId"});
  if (!entry.session && is_session) entry.session = first_text(entry.data, {"id"});
  entry.user = first_text(entry.data, {"user_id", "userId"});
  if (!entry.user && is_user) entry.user = first_text(entry.data, {"id"});
  return entry;
}

}  // namespace streamspace::builtin
