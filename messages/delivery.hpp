#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/messages/time.hpp>

namespace streamspace {

/// What an asynchronous emit did, known when it returns.
struct emit_report {
  std::size_t matched = 0;   ///< Subscriptions that the event's type reached.
  std::size_t enqueued = 0;  ///< Of those, how many inboxes took it.
  std::size_t dropped = 0;   ///< The rest: full or closed inboxes; each is counted with its plugin.
  /// Of the dropped: the plugins whose overflow policy is to fail.
  std::vector<std::string> failed;
};

enum class delivery_outcome : std::uint8_t {
  handled,
  error,           ///< The handler threw streamspace::error.
  exception,       ///< The handler threw anything else.
  timeout,         ///< No answer before the deadline; the handler may still run.
  terminated,      ///< The plugin went away before it handled the event.
  refused,         ///< The inbox did not take the event (full, or the plugin is not enabled).
  would_deadlock,  ///< The plugin waits, directly or through others, for this very call.
};

std::string_view to_string(delivery_outcome outcome) noexcept;

/// What became of one event at one subscription.
struct delivery_result {
  delivery_result() = default;
  delivery_result(std::string by, std::string pattern, delivery_outcome came_of_it, std::string type = {},
                  std::string why = {}, duration after = {})
      : plugin{std::move(by)},
        subscription{std::move(pattern)},
        outcome{came_of_it},
        exception_type{std::move(type)},
        what{std::move(why)},
        took{after} {}
  /// Handled. Made for each delivery of each synchronous emit, so it counts what it costs.
  delivery_result(const std::string& by, const std::string& pattern, duration after)
      : plugin{by}, subscription{pattern}, took{after} {}

  std::string plugin;
  std::string subscription;  ///< The pattern subscribed to.
  delivery_outcome outcome = delivery_outcome::handled;
  std::string exception_type;  ///< For `exception`: the C++ type's name.
  std::string what;            ///< Why it was not handled; empty when it was.
  duration took{};             ///< From the emit to the answer.
};

/// What a synchronous emit collected: one result for each matching subscription, in no particular order.
struct sync_report {
  std::vector<delivery_result> results;

  bool all_handled() const noexcept {
    for (const auto& r : results)
      if (r.outcome != delivery_outcome::handled) return false;
    return true;
  }
  std::vector<delivery_result> failures() const {
    std::vector<delivery_result> failed;
    for (const auto& r : results)
      if (r.outcome != delivery_outcome::handled) failed.push_back(r);
    return failed;
  }
};

}  // namespace streamspace
