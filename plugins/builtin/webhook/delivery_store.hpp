#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/plugins/builtin/webhook/delivery_lane.hpp>
#include <streamspace/plugins/builtin/webhook/webhook_config.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace::builtin {

/// What became of an attempt, as its row keeps it.
struct delivery_record {
  long long row = 0;
  std::string status;  ///< pending, delivered or failed
  int attempts = 0;
  std::optional<int> http_status;
  std::string error;
};

/// Which rows are asked for: ?status=&limit=&before=
struct delivery_filter {
  std::optional<std::string> status;
  std::optional<long long> before;  ///< Rows with a smaller id.
  int limit = 100;
};

/// Errors: invalid_argument.
delivery_filter read_delivery_filter(const request& rq);

/// The table of deliveries. Calls block; errors as plugin_database. Any thread. The database outlives it.
class delivery_store {
 public:
  /// An endpoint's index in the configuration, and a delivery to it.
  using addressed = std::pair<std::size_t, delivery>;

  explicit delivery_store(plugin_database& database);

  /// Makes the table and its indexes unless they are there.
  void prepare();
  /// Adds a pending row for each of these endpoints that has none for this event; durable when it returns. The
  /// deliveries that are new.
  std::vector<addressed> add(const std::vector<webhook_endpoint>& endpoints, const std::vector<std::size_t>& to,
                             const delivery& what);
  /// The pending deliveries, oldest first. Those to endpoints that are not configured any more are marked as failed.
  std::vector<addressed> pending(const std::vector<webhook_endpoint>& endpoints);
  void record(const delivery_record& outcome);
  /// {"deliveries": [...], "next"?: what to ask on with as `before`}, newest first.
  json find(const delivery_filter& filter);
  /// Drops deliveries that ended before that instant, at most 10,000; how many.
  std::size_t drop_before(timestamp cutoff);

 private:
  plugin_database& database_;
  std::string table_;
};

}  // namespace streamspace::builtin
