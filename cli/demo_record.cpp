#include <algorithm>

#include <cli/demo_record.hpp>

#include <streamspace/messages/event.hpp>

namespace streamspace {

std::string_view to_string(demo_step step) noexcept {
  static constexpr std::array<std::string_view, all_demo_steps.size()> names{
      "create_user", "login", "create_session", "start", "hibernate", "wake", "stop", "delete_session", "logout"};
  return names[static_cast<std::size_t>(step)];
}

std::string_view event_type_of(demo_step step) noexcept {
  static constexpr std::array<std::string_view, all_demo_steps.size()> types{
      event_types::user_created,    event_types::user_login,         event_types::session_created,
      event_types::session_started, event_types::session_hibernated, event_types::session_woken,
      event_types::session_stopped, event_types::session_deleted,    event_types::user_logout};
  return types[static_cast<std::size_t>(step)];
}

std::size_t demo_record::count(demo_step step) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const demo_call& c) { return c.step == step; }));
}

std::size_t demo_record::succeeded(demo_step step) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const demo_call& c) { return c.step == step && c.succeeded; }));
}

std::size_t demo_record::succeeded() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [](const demo_call& c) { return c.succeeded; }));
}

}  // namespace streamspace
