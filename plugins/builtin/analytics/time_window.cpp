#include <streamspace/plugins/builtin/analytics/time_window.hpp>
#include <streamspace/plugins/builtin/shared/query_parameters.hpp>

namespace streamspace::builtin {

time_window read_time_window(const request& rq, timestamp now, std::chrono::hours usual) {
  const query_parameters query{rq, {"since", "until"}};
  time_window window;
  window.until = query.instant("until").value_or(now);
  window.since = query.instant("since").value_or(window.until - usual);
  if (window.since >= window.until)
    throw error{ec::invalid_argument, "the window is empty: since (" + to_rfc3339(window.since) +
                                          ") must be before until (" + to_rfc3339(window.until) + ")"};
  if (window.until - window.since > longest_window)
    throw error{ec::invalid_argument, "the window is longer than 366 days; ask for it in parts"};
  return window;
}

}  // namespace streamspace::builtin
