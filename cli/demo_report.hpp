#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <cli/demo_checks.hpp>

namespace streamspace {

/// A run as it is told: where, how long, what was recorded and found, and what was concluded.
struct demo_outcome {
  demo_size size;
  int clients = 0;
  std::string url;
  std::string data_folder;
  duration start_up{};  ///< From nothing to the first request: data folder, PostgreSQL, migrations, plugins, HTTP.
  demo_record record;
  demo_observation found;
  std::vector<demo_check> checks;
};

struct demo_latency {
  std::size_t count = 0;
  std::size_t failed = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

/// The value that at least this share (0 to 1) of all values does not exceed, by nearest rank; zero of none.
duration percentile(std::vector<duration> values, double share);

demo_latency latency_of(const demo_record& record, demo_step step);

/// Requests answered, or events handled by all plugins, a second.
double requests_per_second(const demo_record& record);
double events_per_second(const demo_outcome& outcome);

/// For people.
std::string to_text(const demo_outcome& outcome);

/// {ok, checks: [{name, ok, detail}], figures}
json to_document(const demo_outcome& outcome);
/// The same for a run that could not be finished: one check, which failed.
json to_document_of_failure(const std::string& why);

}  // namespace streamspace
