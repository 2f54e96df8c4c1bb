#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/time.hpp>

namespace streamspace {

/// What the demo's clients ask of the platform.
enum class demo_step : std::uint8_t {
  create_user,
  login,
  create_session,
  start,
  hibernate,
  wake,
  stop,
  delete_session,
  logout,
};

inline constexpr std::array all_demo_steps{demo_step::create_user, demo_step::login,          demo_step::create_session,
                                           demo_step::start,       demo_step::hibernate,      demo_step::wake,
                                           demo_step::stop,        demo_step::delete_session, demo_step::logout};
/// The life of one session, in order.
inline constexpr std::array demo_session_steps{demo_step::create_session, demo_step::start, demo_step::hibernate,
                                               demo_step::wake,           demo_step::stop,  demo_step::delete_session};
/// What is done once for each user.
inline constexpr std::array demo_user_steps{demo_step::create_user, demo_step::login, demo_step::logout};

/// "create_user"
std::string_view to_string(demo_step step) noexcept;
/// The type of the event that the platform emits when the step succeeds.
std::string_view event_type_of(demo_step step) noexcept;

/// One request, as the client that made it saw it.
struct demo_call {
  demo_step step = demo_step::create_user;
  std::string subject;   ///< Id of the user or session; empty when its making failed.
  timestamp sent{};      ///< Just before the request.
  timestamp answered{};  ///< Just after the whole answer.
  duration took{};       ///< Between the two by the steady clock.
  bool succeeded = false;
};

struct demo_session {
  std::string id;
  std::string user_id;
  std::string template_name;
};

/// All that the clients know of a run. Nothing in it comes from a plugin.
struct demo_record {
  std::vector<demo_call> calls;  ///< Of one session in order; otherwise in any.
  std::vector<std::string> user_ids;
  std::vector<demo_session> sessions;   ///< Those that were created.
  std::vector<std::string> complaints;  ///< About requests that failed: the first few.
  timestamp began{};
  timestamp ended{};
  duration took{};  ///< Of all requests together, from the first to the last.

  std::size_t count(demo_step step) const noexcept;      ///< Requests made.
  std::size_t succeeded(demo_step step) const noexcept;  ///< Requests answered as they should be.
  std::size_t succeeded() const noexcept;  ///< Over all steps, and so the events that must have been emitted.
};

}  // namespace streamspace
