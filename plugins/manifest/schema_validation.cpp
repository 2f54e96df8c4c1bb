#include <algorithm>
#include <array>
#include <set>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <streamspace/plugins/manifest/schema_assertions.hpp>
#include <streamspace/plugins/manifest/schema_validation.hpp>

// valijson goes through schema and value. It is handed a schema in which each subschema is a definition of its own,
// referred to by its number, and without the keywords that it evaluates in unbounded time (pattern and
// patternProperties by std::regex, uniqueItems), throws at (format) or tells too little about (type, enum, numbers):
// those are assertions of ours, which it calls as constraints.
namespace streamspace {

namespace {

using id = config_schema::id;
using valijson::ValidationResults;
using valijson::adapters::Adapter;

constexpr std::size_t max_faults = 100;
/// Subschemas that look at values one within the other: each takes about a kilobyte of stack.
constexpr std::size_t max_levels = 512;

constexpr const char* assert_keyword = "streamspace-assert";
constexpr const char* begin_keyword = "streamspace-begin";
constexpr const char* never_keyword = "streamspace-never";
/// Before what we report ourselves.
constexpr char ours = '\x01';
constexpr char begin_mark = '\x02';

/// A value, as far as assertions look at it: `all` of it, or no deeper than the names of its members.
json value_of(const Adapter& from, bool all) {
  json value;
  if (from.isObject()) {
    value = json::object();
    from.applyToObject([&](const std::string& name, const Adapter& member) {
      value[name] = all ? value_of(member, true) : json();
      return true;
    });
  } else if (from.isArray()) {
    value = json::array();
    if (all)
      from.applyToArray([&](const Adapter& item) {
        value.push_back(value_of(item, true));
        return true;
      });
  } else if (from.isString()) {
    value = from.getString();
  } else if (from.isBool()) {
    value = from.getBool();
  } else if (from.isInteger()) {
    value = from.getInteger();
  } else if (from.isNumber()) {
    value = from.getNumber();
  }
  return value;
}

template <class Derived>
class own_constraint : public valijson::constraints::PolyConstraint {
 private:
  valijson::constraints::Constraint* cloneInto(void* memory) const override {
    return new (memory) Derived(static_cast<const Derived&>(*this));
  }
  std::size_t sizeOf() const override { return sizeof(Derived); }
};

class assertion final : public own_constraint<assertion> {
 public:
  assertion(schema_assertions& assertions, id s) : assertions_{&assertions}, schema_{s} {}

  bool validate(const Adapter& target, const std::vector<std::string>& context,
                ValidationResults* results) const override {
    bool holds = true;
    const auto value = value_of(target, assertions_->looks_deep(schema_));
    assertions_->check(schema_, value, [&](std::string why, std::optional<std::string> name) {
      holds = false;
      if (!results) return;
      auto place = context;
      if (name) place.push_back("[" + *name + "]");
      results->pushError(place, ours + why);
    });
    return holds;
  }

 private:
  schema_assertions* assertions_;
  id schema_;
};

/// Says something, and holds or not.
class remark final : public own_constraint<remark> {
 public:
  remark(std::string text, bool holds) : text_{std::move(text)}, holds_{holds} {}

  bool validate(const Adapter&, const std::vector<std::string>& context, ValidationResults* results) const override {
    if (results) results->pushError(context, text_);
    return holds_;
  }

 private:
  std::string text_;
  bool holds_;
};

template <class Make>
class own_builder final : public valijson::ConstraintBuilder {
 public:
  explicit own_builder(Make make) : make_{std::move(make)} {}
  valijson::constraints::Constraint* make(const Adapter& value) const override { return make_(value); }

 private:
  Make make_;
};

/// Numbers that valijson would take for negative ones, as floating point.
void tame_numbers(json& value) {
  std::vector<json*> open{&value};
  while (!open.empty()) {
    auto* at = open.back();
    open.pop_back();
    if (at->is_number_unsigned() && at->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
      *at = at->get<double>();
    else if (at->is_structured())
      for (auto& each : *at) open.push_back(&each);
  }
}

struct shape {
  std::size_t depth = 0;
  std::set<std::string> names;
};

shape shape_of(const json& value) {
  shape found;
  std::vector<std::pair<const json*, std::size_t>> open{{&value, 1}};
  while (!open.empty()) {
    const auto [at, depth] = open.back();
    open.pop_back();
    found.depth = std::max(found.depth, depth);
    if (!at->is_structured()) continue;
    for (const auto& [name, each] : at->items()) {
      if (at->is_object()) found.names.insert(name);
      open.emplace_back(&each, depth + 1);
    }
  }
  return found;
}

/// The schema as valijson gets it.
class rewriter {
 public:
  rewriter(const config_schema& schema, schema_assertions& assertions, extent how_much, std::set<std::string> names)
      : schema_{schema}, assertions_{assertions}, how_much_{how_much}, names_{std::move(names)} {}

  json rewritten() const {
    json definitions = json::object();
    for (id s = 0; s < schema_.size(); ++s)
      if (schema_.target(s) == s) definitions[std::to_string(s)] = definition(s);
    auto whole = reference(schema_.target(config_schema::root));
    whole["definitions"] = std::move(definitions);
    return whole;
  }

 private:
  static json reference(id s) { return {{"$ref", "#/definitions/" + std::to_string(s)}}; }

  json definition(id s) const {
    const auto& source = *schema_.at(s).source;
    if (source.is_boolean()) return source.get<bool>() ? json::object() : never("must not be here");
    json out{{assert_keyword, s}};
    copy_counts(s, out);
    for (const auto* keyword : {"not", "if", "then", "else", "contains", "items"})
      if (const auto child = schema_.child(s, keyword)) out[keyword] = reference(*child);
    for (const auto* keyword : {"allOf", "items"})
      for (const auto child : schema_.children(s, keyword)) out[keyword].push_back(reference(child));
    for (const auto* keyword : {"anyOf", "oneOf"})
      for (const auto child : schema_.children(s, keyword)) {
        const auto number = out.contains(keyword) ? out[keyword].size() : 0;
        out[keyword].push_back({{"allOf", {{{begin_keyword, number}}, reference(child)}}});
      }
    if (const auto child = schema_.child(s, "additionalItems");
        child && out.contains("items") && out["items"].is_array())
      out["additionalItems"] = is_false(*child) ? never("is one item too many") : reference(*child);
    add_properties(s, out);
    add_dependencies(s, out);
    return out;
  }

  static json never(const char* why) { return {{never_keyword, ours + std::string{why}}}; }

  bool is_false(id s) const { return *schema_.at(s).source == false; }

  void copy_counts(id s, json& out) const {
    for (const auto* keyword : {"minLength", "maxLength", "minItems", "maxItems", "maxProperties"})
      if (const auto* count = schema_.keyword(s, keyword)) out[keyword] = count->get<std::int64_t>();
    if (how_much_ == extent::part) return;
    if (const auto* count = schema_.keyword(s, "minProperties")) out["minProperties"] = count->get<std::int64_t>();
    if (const auto* names = schema_.keyword(s, "required")) out["required"] = *names;
  }

  void add_properties(id s, json& out) const {
    json properties = json::object();
    if (const auto* listed = schema_.keyword(s, "properties"))
      for (const auto& [name, member] : listed->items())
        properties[name] = reference(*schema_.child(s, "properties", name));
    for (const auto& [text, pattern] : schema_.at(s).property_patterns)
      for (const auto& name : names_) {
        if (!assertions_.is_found(pattern, name)) continue;
        json both{{"allOf", json::array({reference(*schema_.child(s, "patternProperties", text))})}};
        if (properties.contains(name)) both["allOf"].push_back(properties[name]);
        properties[name] = std::move(both);
      }
    const auto additional = schema_.child(s, "additionalProperties");
    if (!properties.empty() || additional) out["properties"] = std::move(properties);
    if (additional)
      out["additionalProperties"] = is_false(*additional) ? never("is not known here") : reference(*additional);
  }

  void add_dependencies(id s, json& out) const {
    const auto* dependencies = schema_.keyword(s, "dependencies");
    if (!dependencies) return;
    json rewritten = json::object();
    for (const auto& [name, what] : dependencies->items()) {
      if (!what.is_array())
        rewritten[name] = reference(*schema_.child(s, "dependencies", name));
      else if (how_much_ == extent::whole)
        rewritten[name] = what;
    }
    if (!rewritten.empty()) out["dependencies"] = std::move(rewritten);
  }

  const config_schema& schema_;
  schema_assertions& assertions_;
  extent how_much_;
  std::set<std::string> names_;
};

std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i)
    pointer = pointer_below(pointer, std::string_view{context[i]}.substr(1, context[i].size() - 2));
  return pointer;
}

/// Turns what valijson reports, in order, into faults. The alternatives of an anyOf or oneOf come between begin marks
/// and the sentence that says that none fits.
class translator {
 public:
  std::vector<json_fault> translate(const ValidationResults& results) {
    for (const auto& each : results) take(pointer_of(each.context), each.description);
    while (open_.size() > 1) close();
    return std::move(open_.front().faults);
  }

 private:
  struct frame {
    std::vector<json_fault> faults;
    bool is_first = true;
  };

  void add(std::string pointer, std::string sentence) {
    json_fault fault{std::move(pointer), std::move(sentence)};
    auto& faults = open_.back().faults;
    if (std::find(faults.begin(), faults.end(), fault) == faults.end() && faults.size() < max_faults)
      faults.push_back(std::move(fault));
  }

  std::vector<json_fault> close() {
    auto faults = std::move(open_.back().faults);
    open_.pop_back();
    return faults;
  }

  void take(const std::string& pointer, const std::string& text) {
    if (text[0] == ours) return add(pointer, text.substr(1));
    if (text[0] == begin_mark) {
      open_.push_back({{}, text.substr(1) == "0"});
      return;
    }
    if (text.starts_with("Failed to validate against any")) return add_alternatives(pointer);
    if (text.starts_with("Missing required property '") || text.starts_with("Missing dependency '")) {
      const auto begin = text.find('\'') + 1;
      return add(pointer_below(pointer, text.substr(begin, text.rfind('\'') - begin)), "is missing");
    }
    if (const auto sentence = known_sentence(text); !sentence.empty()) return add(pointer, sentence);
    // What remains says about a parent that a child does not fit.
    if (!text.starts_with("Failed to validate") && !text.starts_with("Cannot validate"))
      add(pointer, "does not fit the schema");
  }

  /// "Array should contain no more than 3 elements." and its like.
  static std::string known_sentence(const std::string& text) {
    struct wording {
      std::string_view begin;
      std::string_view before;
      std::string_view after;
    };
    static constexpr std::array<wording, 9> wordings{
        {{"Array should contain no more than ", "must not have more items than ", ""},
         {"Array should contain no fewer than ", "must not have fewer items than ", ""},
         {"String should be no more than ", "must not have more characters than ", ""},
         {"String should be no fewer than ", "must not have fewer characters than ", ""},
         {"Object should have no more than ", "must not have more members than ", ""},
         {"Object should have no fewer than ", "must not have fewer members than ", ""},
         {"Failed to any values against subschema in 'contains'",
          "must contain an item of the kind that its schema wants", "-"},
         {"Target should not validate against", "is what its schema rules out", "-"},
         {"Failed to validate against exactly one", "must fit one of its allowed forms, but fits several", "-"}}};
    for (const auto& [begin, before, after] : wordings) {
      if (!text.starts_with(begin)) continue;
      if (after == "-") return std::string{before};
      const auto end = text.find_first_not_of("0123456789", begin.size());
      return std::string{before} + text.substr(begin.size(), end - begin.size());
    }
    return {};
  }

  void add_alternatives(const std::string& pointer) {
    std::vector<std::string> reasons;
    while (open_.size() > 1) {
      const bool is_first = open_.back().is_first;
      const auto faults = close();
      if (!faults.empty())
        reasons.push_back((faults[0].pointer == pointer ? "" : faults[0].pointer + " ") + faults[0].sentence);
      if (is_first) break;
    }
    std::reverse(reasons.begin(), reasons.end());
    constexpr std::size_t most = 5;
    std::string text = "fits none of its allowed forms";
    for (std::size_t i = 0; i < std::min(reasons.size(), most); ++i) text += (i == 0 ? ": " : "; or ") + reasons[i];
    if (reasons.size() > most) text += "; and " + std::to_string(reasons.size() - most) + " more";
    add(pointer, text);
  }

  std::vector<frame> open_{1};
};

std::vector<json_fault> validate(const json& rewritten, const json& value, schema_assertions& assertions) {
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  const auto add = [&](const char* keyword, auto make) {
    parser.addConstraintBuilder(keyword, new own_builder<decltype(make)>{make});
  };
  add(assert_keyword, [&](const Adapter& a) { return new assertion{assertions, static_cast<id>(a.asInteger())}; });
  add(begin_keyword, [](const Adapter& a) { return new remark{begin_mark + std::to_string(a.asInteger()), true}; });
  add(never_keyword, [](const Adapter& a) { return new remark{a.asString(), false}; });
  valijson::Schema schema;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{rewritten}, schema);
  ValidationResults results;
  if (valijson::Validator{}.validate(schema, valijson::adapters::NlohmannJsonAdapter{value}, &results)) return {};
  auto faults = translator{}.translate(results);
  if (faults.empty()) faults.push_back({"", "does not fit the schema"});
  return faults;
}

}  // namespace

std::vector<json_fault> faults_against(const config_schema& schema, const json& value, extent how_much) {
  if (auto why = why_too_large(value, config_schema::limits); !why.empty()) return {{"", std::move(why)}};
  auto [depth, names] = shape_of(value);
  if (depth * schema.depth_in_place() > max_levels) return {{"", "is too deep for its schema to be checked"}};
  schema_assertions assertions{schema};
  try {
    auto tamed = value;
    tame_numbers(tamed);
    return validate(rewriter{schema, assertions, how_much, std::move(names)}.rewritten(), tamed, assertions);
  } catch (const schema_assertions::too_costly&) {
    return {{"", "takes too long to check against its schema; simplify the schema's patterns and alternatives"}};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return {{"", "cannot be checked against its schema"}};
  }
}

}  // namespace streamspace
