#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <streamspace/messages/http_message.hpp>
#include <streamspace/messages/time.hpp>

namespace streamspace::builtin {

/// Which entries of the audit log are asked for.
struct audit_filter {
  std::optional<std::string> type;        ///< Exactly this type.
  std::optional<std::string> type_regex;  ///< Or: types that match this, an anchored regular expression of PostgreSQL.
  std::optional<std::string> user;
  std::optional<std::string> session;
  std::optional<timestamp> since;  ///< Not before.
  long long after = 0;             ///< Entries behind this sequence number.
  int limit = 100;
};

/// Reads ?type=&user=&session=&since=&limit=&after=. The type may be a pattern ("session.*"). Errors: invalid_argument.
audit_filter read_audit_filter(const request& rq);

/// A pattern of event types (names.hpp) as an anchored regular expression. The pattern must be a good one.
std::string regex_of_pattern(std::string_view pattern);

}  // namespace streamspace::builtin
