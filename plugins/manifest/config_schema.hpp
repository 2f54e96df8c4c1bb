#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>
#include <streamspace/plugins/manifest/json_fault.hpp>
#include <streamspace/plugins/manifest/text_pattern.hpp>

namespace streamspace {

/// A JSON Schema (draft-07) taken apart into its subschemas, with references followed and expressions compiled. What
/// it holds can be evaluated in bounded time: references stay within the document, none leads back to itself without
/// going down into the value, and sizes have limits.
/// Points into the schema that it was made of, which must outlive it.
class config_schema {
 public:
  using id = std::uint32_t;

  static constexpr json_limits limits{.depth = 64, .values = 20'000, .bytes = 512 * 1024};
  static constexpr std::size_t max_subschemas = 5'000;
  /// As many subschemas may be one within the other, references followed.
  static constexpr std::size_t max_depth = 256;
  /// As many may look at one value one through the other (allOf, if, $ref ...).
  static constexpr std::size_t max_depth_in_place = 32;

  struct subschema {
    std::string pointer;  ///< Where it stands in the schema.
    const json* source = nullptr;
    std::map<std::string, id, std::less<>> children;  ///< By their pointer from here: "properties/a", "not".
    std::optional<text_pattern> pattern;
    std::map<std::string, text_pattern, std::less<>> property_patterns;
    std::string reference;         ///< The pointer that "$ref" has.
    std::optional<id> referenced;  ///< What it leads to, over all references between.
  };

  /// Reads a schema; faults() says what is wrong with it. With faults, nothing else may be asked.
  explicit config_schema(const json& schema);

  const std::vector<json_fault>& faults() const noexcept { return faults_; }

  static constexpr id root = 0;
  std::size_t size() const noexcept { return subschemas_.size(); }
  /// The subschema that is meant: references are followed.
  id target(id s) const { return subschemas_[s].referenced.value_or(s); }
  const subschema& at(id s) const { return subschemas_[s]; }
  /// The child below a keyword ("not", "properties/a"), references followed; nothing where there is none.
  std::optional<id> child(id s, std::string_view keyword) const;
  std::optional<id> child(id s, std::string_view keyword, std::string_view name) const;
  /// What "allOf" and its like have.
  std::vector<id> children(id s, std::string_view keyword) const;
  /// A keyword's value, null where it is absent. Subschemas with a reference have no keywords beside it.
  const json* keyword(id s, std::string_view name) const;
  std::size_t depth_in_place() const noexcept { return depth_in_place_; }

 private:
  class reader;

  std::vector<subschema> subschemas_;
  std::vector<json_fault> faults_;
  std::size_t depth_in_place_ = 1;
};

}  // namespace streamspace
