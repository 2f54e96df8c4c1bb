#include <algorithm>
#include <set>

#include <streamspace/messages/json_overlay.hpp>
#include <streamspace/plugins/manifest/config_check.hpp>
#include <streamspace/plugins/manifest/config_schema.hpp>
#include <streamspace/plugins/manifest/schema_validation.hpp>

namespace streamspace {

namespace {

using id = config_schema::id;

bool allows_objects(const json& schema) {
  const auto type = schema.find("type");
  return type == schema.end() || *type == "object" ||
         (type->is_array() && std::find(type->begin(), type->end(), "object") != type->end());
}

/// Puts the defaults of a schema into a value.
class default_filler {
 public:
  explicit default_filler(const config_schema& schema) : schema_{schema} {}

  void fill(id s, json& value) {
    // Enough for any configuration within the limits; a schema that refers to itself twice could double the work at
    // each level.
    if (++visits_ > 100'000) return;
    if (value.is_object()) fill_object(s, value);
    if (value.is_array()) fill_items(s, value);
    for (const auto each : schema_.children(s, "allOf")) fill(each, value);
  }

 private:
  void fill_object(id s, json& value) {
    const auto* properties = schema_.keyword(s, "properties");
    if (!properties) return;
    for (const auto& [name, unused] : properties->items()) {
      const auto property = *schema_.child(s, "properties", name);
      if (const auto it = value.find(name); it != value.end())
        fill(property, *it);
      else if (auto made = default_of(property); !made.is_discarded())
        value[name] = std::move(made);
    }
  }

  void fill_items(id s, json& value) {
    if (const auto all = schema_.child(s, "items"))
      for (auto& item : value) fill(*all, item);
    const auto each = schema_.children(s, "items");
    for (std::size_t i = 0; i < std::min(each.size(), value.size()); ++i) fill(each[i], value[i]);
  }

  /// What stands for a value that is not there; discarded when nothing does.
  json default_of(id s) {
    if (!open_.insert(s).second) return json(json::value_t::discarded);
    auto made = json(json::value_t::discarded);
    if (const auto* own = schema_.keyword(s, "default")) {
      made = *own;
      fill(s, made);
    } else if (schema_.keyword(s, "properties")) {
      made = json::object();
      fill(s, made);
      if (made.empty() || !has_what_it_requires(s, made)) made = json(json::value_t::discarded);
    }
    open_.erase(s);
    return made;
  }

  bool has_what_it_requires(id s, const json& made) const {
    const auto* required = schema_.keyword(s, "required");
    return !required || std::all_of(required->begin(), required->end(), [&](const json& name) {
      return made.contains(name.get_ref<const std::string&>());
    });
  }

  const config_schema& schema_;
  std::set<id> open_;  ///< What is being made, so that nothing is made within itself.
  std::size_t visits_ = 0;
};

std::vector<json_fault> faults(const json& config, const json& schema, extent how_much) {
  if (auto in_schema = config_schema_faults(schema); !in_schema.empty())
    return {{"", "cannot be checked, because its schema is wrong: " + to_string(in_schema)}};
  if (!config.is_object()) return {{"", "must be an object"}};
  return faults_against(config_schema{schema}, config, how_much);
}

}  // namespace

std::vector<json_fault> config_schema_faults(const json& schema) {
  if (!schema.is_object()) return {{"", "must be an object"}};
  auto faults = config_schema{schema}.faults();
  if (faults.empty() && !allows_objects(schema)) faults.push_back({"/type", "must be object: so is a configuration"});
  return faults;
}

std::vector<json_fault> config_faults(const json& config, const json& schema) {
  return faults(config, schema, extent::whole);
}

std::vector<json_fault> partial_config_faults(const json& config, const json& schema) {
  return faults(config, schema, extent::part);
}

json with_defaults(const json& config, const json& schema, const json& default_config) {
  const auto fits = [](const json& each) { return why_too_large(each, config_schema::limits).empty(); };
  if (!fits(config) || !fits(default_config)) return config;
  auto complete = overlaid(default_config, config);
  const config_schema known{schema};
  if (known.faults().empty()) default_filler{known}.fill(known.target(config_schema::root), complete);
  return complete;
}

result<json> complete_config(const json& config, const json& schema, const json& default_config) {
  auto complete = with_defaults(config, schema, default_config);
  const auto found = config_faults(complete, schema);
  if (found.empty()) return complete;
  error::facts facts;
  for (const auto& [pointer, sentence] : found) facts.emplace_back(pointer, sentence);
  return failure(ec::invalid_argument, "the configuration is wrong: " + to_string(found), std::move(facts));
}

}  // namespace streamspace
