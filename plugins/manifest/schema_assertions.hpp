#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/plugins/manifest/config_schema.hpp>

namespace streamspace {

/// What a schema asserts of a value by itself, without its subschemas: type, enum, const, bounds of numbers, pattern,
/// format, uniqueItems and propertyNames.
class schema_assertions {
 public:
  /// Thrown when a check would take too long; a budget holds for all checks of one object.
  struct too_costly {};

  explicit schema_assertions(const config_schema& schema) : schema_{schema} {}

  /// Whether those of a subschema look at more of a value than itself and the names of its members.
  bool looks_deep(config_schema::id s) const;

  /// Calls `report(why)`, or `report(why, name)` for a member's name, for each assertion that does not hold.
  template <class Report>
  void check(config_schema::id s, const json& value, Report report) {
    spend(1 + value.size());
    for (auto& [why, name] : failing(s, value)) report(std::move(why), std::move(name));
  }

  /// Throws too_costly when the budget is at its end.
  void spend(std::size_t steps);

  /// Searches a pattern at its price.
  bool is_found(const text_pattern& pattern, std::string_view text);

 private:
  struct finding {
    std::string why;
    std::optional<std::string> name;
  };

  std::vector<finding> failing(config_schema::id s, const json& value);
  void check_number(config_schema::id s, double value, std::vector<finding>& into) const;
  void check_text(config_schema::id s, const std::string& value, std::vector<finding>& into);
  bool name_fits(config_schema::id s, const std::string& name);

  const config_schema& schema_;
  std::size_t spent_ = 0;
};

}  // namespace streamspace
