#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include <streamspace/messages/event_id.hpp>
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

/// Something that happened. Immutable once it is emitted and shared by everyone it reaches, on any thread. A copy
/// shares the typed payload.
class event {
 public:
  using payload_type = std::variant<json, session, user>;

  /// With an empty object for data. Throws error (invalid_argument) when `type` is no event type (names.hpp).
  explicit event(std::string type);
  explicit event(std::string_view type);
  explicit event(const char* type) : event{std::string_view{type}} {}
  event(std::string type, payload_type payload);
  event(const event&) = default;
  event(event&&) noexcept = default;
  event& operator=(const event&) = delete;

  /// The event whose envelope() this text is, with the same id, type, source and time; its payload is JSON, whatever it
  /// was. The text may come from anywhere: errors (invalid_argument) name what is wrong with it, nesting deeper than
  /// 512 levels included.
  static event restored(std::string_view envelope);
  /// The same from its parts. Errors: invalid_argument.
  static event restored(std::string_view id, std::string type, std::string source, timestamp time, json data);

  std::string id() const { return id_.to_string(); }          ///< Unique, given when the event was made.
  const std::string& type() const noexcept { return type_; }  ///< "session.created"
  /// Who emitted it: "platform" or the name of a plugin.
  const std::string& source() const noexcept { return *source_; }
  timestamp time() const noexcept { return time_; }

  /// The payload as JSON. A typed payload is turned into it at the first call, and that is kept; thread-safe.
  const json& data() const;

  /// The typed payload, or null when the event carries something else.
  template <class T>
  const T* get_if() const noexcept {
    if constexpr (std::is_same_v<T, json>) {
      return std::get_if<json>(&payload_);
    } else {
      const auto* typed = std::get_if<std::shared_ptr<const typed_payload<T>>>(&payload_);
      return typed ? &(*typed)->value : nullptr;
    }
  }

  void set_source(std::string source);
  /// The same with a name that many events share. Not null.
  void set_source(std::shared_ptr<const std::string> source) noexcept { source_ = std::move(source); }
  void set_time(timestamp t) noexcept { time_ = t; }

  /// {id, type, source, time, data}
  json envelope() const;

  /// How much memory it takes, approximately.
  std::size_t footprint() const noexcept;

 private:
  template <class T>
  struct typed_payload {
    explicit typed_payload(T v) : value{std::move(v)} {}
    T value;
    mutable std::once_flag once;
    mutable json view;
  };
  /// Typed payloads are large and most events carry none, so they lie apart.
  using stored_payload = std::variant<std::monostate, json, std::shared_ptr<const typed_payload<session>>,
                                      std::shared_ptr<const typed_payload<user>>>;

  static stored_payload store(payload_type payload);

  void demand_type() const;

  inline static const std::string platform{"platform"};

  std::string type_;
  /// Of the platform nobody counts references.
  std::shared_ptr<const std::string> source_{std::shared_ptr<const void>{}, &platform};
  event_id id_ = event_id::next();
  timestamp time_ = now();
  stored_payload payload_;
};

using event_ptr = std::shared_ptr<const event>;

}  // namespace streamspace
