#pragma once

#include <optional>
#include <string>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

class event;

/// A user of the platform. JSON has the camelCase names of the original (fullName, createdAt, ...).
struct user {
  std::string id;
  std::string username;
  std::string email;
  std::string full_name;
  std::string role = "user";  ///< admin, operator or user
  std::string provider = "local";
  bool active = true;
  timestamp created_at{};
  timestamp updated_at{};
  std::optional<timestamp> last_login;
  std::vector<std::string> groups;
  std::optional<json> quota;

  /// The platform's events about this user, each carrying a copy of it.
  event created() const;
  event updated() const;
  event deleted() const;
  event login() const;
  event logout() const;

  friend bool operator==(const user&, const user&) = default;
};

void to_json(json& out, const user& u);
/// Throws error (invalid_argument, naming the member). Only id is demanded.
void from_json(const json& in, user& u);

}  // namespace streamspace
