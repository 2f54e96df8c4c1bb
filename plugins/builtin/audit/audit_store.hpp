#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <streamspace/plugins/builtin/audit/audit_entry.hpp>
#include <streamspace/plugins/builtin/audit/audit_filter.hpp>
#include <streamspace/plugins/sdk/plugin_database.hpp>

namespace streamspace::builtin {

/// The audit log's table. Calls block; errors as plugin_database. The database outlives it.
class audit_store {
 public:
  explicit audit_store(plugin_database& database);

  /// Makes the table and its indexes unless they are there.
  void prepare();
  /// Keeps the entry unless its event is there already. Durable when it returns.
  void add(const audit_entry& entry);
  /// {"events": [...], "next"?: sequence number to ask on with}, in the order of keeping.
  json find(const audit_filter& filter);
  /// One event as in find(), or nothing.
  std::optional<json> find(std::string_view event_id);
  /// Drops what happened before that instant, at most 10,000 entries; how many.
  std::size_t drop_before(timestamp cutoff);

 private:
  plugin_database& database_;
  std::string table_;
};

}  // namespace streamspace::builtin
