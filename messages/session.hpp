#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace {

class event;

enum class session_state : std::uint8_t { pending, running, hibernated, terminated, failed };

std::string_view to_string(session_state state) noexcept;
std::optional<session_state> parse_session_state(std::string_view text) noexcept;

/// A streaming session of the platform. JSON has exactly these member names, but `namespace` for name_space (a word C++
/// keeps).
struct session {
  std::string id;
  std::string user_id;
  std::optional<std::string> team_id;
  std::string template_name;
  session_state state = session_state::pending;
  std::string app_type = "desktop";
  int active_connections = 0;
  std::optional<std::string> url;
  std::string name_space = "default";
  std::string platform = "kubernetes";
  std::optional<std::string> pod_name;
  std::optional<std::string> memory;
  std::optional<std::string> cpu;
  bool persistent_home = false;
  std::optional<std::string> idle_timeout;
  std::optional<std::string> max_session_duration;
  timestamp created_at{};
  timestamp updated_at{};
  std::optional<timestamp> last_connection;
  std::optional<timestamp> last_disconnect;
  std::optional<timestamp> last_activity;

  /// The platform's events about this session, each carrying a copy of it.
  event created() const;
  event started() const;
  event stopped() const;
  event hibernated() const;
  event woken() const;
  event deleted() const;

  friend bool operator==(const session&, const session&) = default;
};

void to_json(json& out, const session& s);
/// Throws error (invalid_argument, naming the member) when a member is missing or of the wrong kind. Only id is
/// demanded; the rest has the defaults above.
void from_json(const json& in, session& s);

}  // namespace streamspace
