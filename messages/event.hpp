#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include <streamspace/messages/json.hpp>
#include <streamspace/messages/session.hpp>
#include <streamspace/messages/time.hpp>
#include <streamspace/messages/user.hpp>

namespace streamspace {

/// The platform's own events: those that have a typed hook in plugin_handler. Any other type is legal on the bus too.
namespace event_types {
inline constexpr std::string_view session_created = "session.created";
inline constexpr std::string_view session_started = "session.started";
inline constexpr std::string_view session_stopped = "session.stopped";
inline constexpr std::string_view session_hibernated = "session.hibernated";
inline constexpr std::string_view session_woken = "session.woken";
inline constexpr std::string_view session_deleted = "session.deleted";
inline constexpr std::string_view user_created = "user.created";
inline constexpr std::string_view user_updated = "user.updated";
inline constexpr std::string_view user_deleted = "user.deleted";
inline constexpr std::string_view user_login = "user.login";
inline constexpr std::string_view user_logout = "user.logout";
inline constexpr std::array all{session_created, session_started, session_stopped, session_hibernated,
                                session_woken,   session_deleted, user_created,    user_updated,
                                user_deleted,    user_login,      user_logout};
}  // namespace event_types

/// Something that happened. Immutable once it is emitted and shared by everyone it reaches, on any thread.
class event {
 public:
  using payload_type = std::variant<json, session, user>;

  /// Throws error (invalid_argument) when `type` is no event type (names.hpp).
  event(std::string type, payload_type payload = json::object());
  event(const event& other);
  event& operator=(const event&) = delete;

  const std::string& id() const noexcept { return id_; }      ///< Unique, given when the event was made.
  const std::string& type() const noexcept { return type_; }  ///< "session.created"
  /// Who emitted it: "platform" or the name of a plugin.
  const std::string& source() const noexcept { return source_; }
  timestamp time() const noexcept { return time_; }

  /// The payload as JSON. Built at the first call and kept; thread-safe.
  const json& data() const;

  /// The typed payload, or null when the event carries something else.
  template <class T>
  const T* get_if() const noexcept {
    return std::get_if<T>(&payload_);
  }

  void set_source(std::string source) { source_ = std::move(source); }
  void set_time(timestamp t) noexcept { time_ = t; }

  /// {id, type, source, time, data}
  json envelope() const;

 private:
  std::string id_;
  std::string type_;
  std::string source_ = "platform";
  timestamp time_;
  payload_type payload_;
  mutable std::once_flag view_once_;
  mutable json view_;
};

using event_ptr = std::shared_ptr<const event>;

}  // namespace streamspace
