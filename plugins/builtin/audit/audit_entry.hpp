#pragma once

#include <optional>
#include <string>

#include <streamspace/messages/event.hpp>

namespace streamspace::builtin {

/// An event as the audit log keeps it.
struct audit_entry {
  std::string event_id;
  std::string type;
  std::string source;
  timestamp time{};
  std::optional<std::string> user;     ///< The id of the user it concerns.
  std::optional<std::string> session;  ///< The id of the session it concerns.
  json data;                           ///< Redacted (redaction.hpp).
};

/// User and session come from the members user_id and session_id of the data (userId and sessionId too); of an event
/// about a session or a user itself, from its id.
audit_entry make_audit_entry(const event& e);

}  // namespace streamspace::builtin
