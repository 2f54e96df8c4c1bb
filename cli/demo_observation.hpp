#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <cli/demo_usage.hpp>

#include <streamspace/messages/time.hpp>

namespace streamspace {

/// An event of a user or a session as the audit plugin keeps it.
struct seen_event {
  std::string id;
  std::string type;
  std::string subject;  ///< Id of the session or user it is about.
  timestamp time{};

  friend bool operator==(const seen_event&, const seen_event&) = default;
};

/// An event as it reached the webhook's receiver, by its delivery id.
struct seen_delivery {
  std::string id;
  std::string type;
  std::string subject;
  int refused = 0;   ///< Attempts that the receiver turned down on purpose.
  int accepted = 0;  ///< Attempts that it took; all but the first are duplicates.
};

struct seen_plugin {
  std::string name;
  std::string state;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t queued = 0;
};

/// What was found after a run, each by its own way. Nothing in it comes from the clients' record.
struct demo_observation {
  bool caught_up = false;  ///< Whether the plugins were done in time.
  duration catch_up{};     ///< From the last request until then.

  std::int64_t users_in_table = 0;
  std::int64_t users_logged_in = 0;
  std::int64_t sessions_in_table = 0;

  std::vector<seen_event> audit_by_sql;   ///< In the order of keeping.
  std::vector<seen_event> audit_by_rest;  ///< In the order of the pages.

  demo_usage analytics;
  demo_usage counted_by_sql;  ///< From the audit table, by queries of the demo's own.

  std::vector<seen_delivery> deliveries;
  std::size_t wrong_signatures = 0;
  int to_be_refused = 0;  ///< How many deliveries the receiver was to turn down once.

  std::vector<seen_plugin> plugins;
};

}  // namespace streamspace
