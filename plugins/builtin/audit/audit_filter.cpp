#include <limits>

#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/builtin/audit/audit_filter.hpp>
#include <streamspace/plugins/builtin/shared/query_parameters.hpp>

namespace streamspace::builtin {

audit_filter read_audit_filter(const request& rq) {
  const query_parameters query{rq, {"type", "user", "session", "since", "limit", "after"}};
  audit_filter filter;
  if (auto type = query.text("type")) {
    if (!is_event_pattern(*type))
      throw error{ec::invalid_argument, "the query parameter 'type' is '" + *type +
                                            "'; it must be an event type or a pattern like session.* or session.>"};
    if (is_wildcard(*type))
      filter.type_regex = regex_of_pattern(*type);
    else
      filter.type = std::move(type);
  }
  filter.user = query.text("user");
  filter.session = query.text("session");
  filter.since = query.instant("since");
  filter.after = query.integer("after", 0, std::numeric_limits<long long>::max()).value_or(filter.after);
  filter.limit = static_cast<int>(query.integer("limit", 1, 1000).value_or(filter.limit));
  return filter;
}

std::string regex_of_pattern(std::string_view pattern) {
  // Of what a pattern may hold only these three mean something else to a regular expression.
  std::string regex = "^";
  for (const char c : pattern) {
    if (c == '*')
      regex += "[^.]+";
    else if (c == '>')
      regex += ".+";
    else if (c == '.')
      regex += "\\.";
    else
      regex += c;
  }
  return regex + "$";
}

}  // namespace streamspace::builtin
