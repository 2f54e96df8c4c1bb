#pragma once

#include <optional>
#include <string>

#include <streamspace/messages/event.hpp>
#include <streamspace/plugins/builtin/analytics/session_step.hpp>
#include <streamspace/plugins/builtin/analytics/time_window.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace::builtin {

/// Something that the statistics count. Its event's id tells a redelivery.
struct activity {
  std::string event_id;
  timestamp at{};
  std::string user;
  std::optional<session_step> step;  ///< Nothing for a login.
  std::string session;               ///< Of a step.
  std::string template_name;
  std::optional<timestamp> session_created;
};

/// Writes the statistics' tables. The steps are kept as they came; what is known of a session (its row, its running
/// intervals) is worked out anew from all of its steps with each of them. So it does not matter in which order steps
/// arrive, nor how often. Calls block; errors as plugin_database. The database outlives it.
class session_history {
 public:
  explicit session_history(plugin_database& database);

  /// Makes the tables and their indexes unless they are there.
  void prepare();
  /// Durable when it returns.
  void add(const activity& a);
  /// Drops sessions that ended, and logins that happened, before that instant, at most 1,000 of each; how many.
  std::size_t drop_before(timestamp cutoff);

 private:
  void add_login(const activity& a);
  void add_step(const activity& a, session_step step);

  plugin_database& database_;
  std::string steps_;
  std::string sessions_;
  std::string runs_;
  std::string logins_;
};

}  // namespace streamspace::builtin
