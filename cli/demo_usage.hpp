#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <cli/demo_record.hpp>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// How the platform was used in a window of time: what analytics answers, and what others count for comparison.
struct demo_usage {
  struct hour {
    std::int64_t created = 0;
    std::int64_t started = 0;
    std::int64_t ended = 0;

    friend bool operator==(const hour&, const hour&) = default;
  };

  std::int64_t created = 0;  ///< Sessions.
  std::int64_t ended = 0;
  std::int64_t running = 0;  ///< At the end of the window.
  std::int64_t active_users = 0;
  std::map<std::string, std::int64_t> templates;  ///< Sessions by template.
  std::map<std::string, hour> hours;  ///< By the hour's RFC 3339 text; without those in which nothing happened.
  std::int64_t ran = 0;               ///< Sessions that ran and ended.
  double running_seconds = 0;         ///< Of those, together.
  double median_seconds = 0;          ///< Of one of those.
};

/// What analytics answered at /summary, /sessions/hourly, /sessions/templates. Throws a JSON exception when they have
/// not the members they should have.
demo_usage usage_of_analytics(const json& summary, const json& hourly, const json& templates);

/// What the clients recorded. Running times are known to them within bounds only.
struct recorded_usage {
  std::int64_t created = 0;
  std::int64_t ended = 0;
  std::int64_t active_users = 0;
  std::map<std::string, std::int64_t> templates;
  double least_running_seconds = 0;
  double most_running_seconds = 0;
};
recorded_usage usage_of_record(const demo_record& record);

/// What differs between the two, as a sentence; empty when nothing does. Times may differ by a millisecond.
std::string difference(const demo_usage& analytics, const demo_usage& counted);
std::string difference(const demo_usage& analytics, const recorded_usage& recorded);

}  // namespace streamspace
