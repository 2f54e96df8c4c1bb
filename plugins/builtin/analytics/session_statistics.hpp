#pragma once

#include <string>

#include <streamspace/plugins/builtin/analytics/time_window.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace::builtin {

/// What the tables of session_history tell about a window of time. Every answer has the members `since` and `until`;
/// hours and days are those of UTC, each in the window is listed, and of one that the window cuts only the part inside
/// counts. Calls block; errors as plugin_database. The database outlives it.
class session_statistics {
 public:
  explicit session_statistics(plugin_database& database);

  /// {sessions: {created, ended, running, max_running}, users: {active}, durations, templates (the first five)};
  /// `running` is how many run at the end of the window, `max_running` how many did so at once at most.
  json summary(const time_window& w);
  /// {hours: [{hour, created, started, ended}]}: sessions made, first started, ended in that hour.
  json hourly(const time_window& w);
  /// {templates: [{template, sessions, running_seconds, average_seconds}]}: of the sessions made in the window, most
  /// used first, at most 100.
  json templates(const time_window& w);
  /// {count, average, p50, p95, max, total}: running time in seconds of the sessions that ended in the window after
  /// having run; null (but for count and total) when there are none.
  json durations(const time_window& w);
  /// {active, days: [{day, active}]}: distinct users that logged in, or had a session made, started or woken.
  json active_users(const time_window& w);

 private:
  json durations_of(const time_window& w);
  json templates_of(const time_window& w, int limit);
  long long count_active_users(const time_window& w);
  std::string activity_in_window() const;

  plugin_database& database_;
  std::string steps_;
  std::string sessions_;
  std::string runs_;
  std::string logins_;
};

}  // namespace streamspace::builtin
