#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include <streamspace/plugins/dependencies/plugin_graph.hpp>
#include <streamspace/plugins/manifest/config_schema.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 7> type_names{"array",  "boolean", "integer", "null",
                                                     "number", "object",  "string"};
constexpr std::size_t max_faults = 100;

enum class kind { schema, schema_or_list, list, members, dependencies };

constexpr std::array<std::pair<const char*, kind>, 17> with_subschemas{{{"additionalItems", kind::schema},
                                                                        {"additionalProperties", kind::schema},
                                                                        {"allOf", kind::list},
                                                                        {"anyOf", kind::list},
                                                                        {"contains", kind::schema},
                                                                        {"definitions", kind::members},
                                                                        {"dependencies", kind::dependencies},
                                                                        {"else", kind::schema},
                                                                        {"if", kind::schema},
                                                                        {"items", kind::schema_or_list},
                                                                        {"not", kind::schema},
                                                                        {"oneOf", kind::list},
                                                                        {"patternProperties", kind::members},
                                                                        {"properties", kind::members},
                                                                        {"propertyNames", kind::schema},
                                                                        {"then", kind::schema},
                                                                        {"$defs", kind::members}}};

/// Whether a child looks at the same value as its parent.
bool is_in_place(std::string_view child) {
  for (const std::string_view keyword : {"allOf/", "anyOf/", "oneOf/", "dependencies/"})
    if (child.starts_with(keyword)) return true;
  return child == "not" || child == "if" || child == "then" || child == "else";
}

bool is_type_name(const json& value) {
  return value.is_string() &&
         std::find(type_names.begin(), type_names.end(), value.get_ref<const std::string&>()) != type_names.end();
}

bool are_distinct_texts(const json& list) {
  std::set<std::string_view> seen;
  return list.is_array() && std::all_of(list.begin(), list.end(), [&](const json& item) {
           return item.is_string() && seen.insert(item.get_ref<const std::string&>()).second;
         });
}

bool is_count(const json& value) {
  return value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1e15 &&
         value.get<double>() == static_cast<double>(static_cast<std::int64_t>(value.get<double>()));
}

}  // namespace

class config_schema::reader {
 public:
  reader(config_schema& into, const json& document) : into_{into}, document_{document} {}

  void read() {
    if (auto why = why_too_large(document_, limits); !why.empty()) return fault("", std::move(why));
    add("", document_);
    // Both lists grow while they are gone through.
    for (id s = 0; s < into_.subschemas_.size() && good(); ++s)
      if (!into_.subschemas_[s].reference.empty()) find_referenced(s);
    if (good()) follow_references();
    if (good()) check_depths();
  }

 private:
  bool good() const { return into_.faults_.empty(); }

  void fault(std::string pointer, std::string sentence) {
    if (into_.faults_.size() < max_faults) into_.faults_.push_back({std::move(pointer), std::move(sentence)});
  }

  id add(const std::string& pointer, const json& source) {
    const auto [it, is_new] = by_pointer_.emplace(pointer, static_cast<id>(into_.subschemas_.size()));
    if (!is_new) return it->second;
    const auto s = it->second;
    into_.subschemas_.emplace_back();
    into_.subschemas_[s].pointer = pointer;
    into_.subschemas_[s].source = &source;
    if (into_.subschemas_.size() > max_subschemas) {
      if (into_.subschemas_.size() == max_subschemas + 1)
        fault("", "has more than " + std::to_string(max_subschemas) + " subschemas");
      return s;
    }
    if (source.is_object())
      read_keywords(s);
    else if (!source.is_boolean())
      fault(pointer, "must be a schema: an object, true or false");
    return s;
  }

  void read_keywords(id s) {
    const auto& source = *into_.subschemas_[s].source;
    if (const auto it = source.find("$ref"); it != source.end()) return read_reference(s, *it);
    check_keywords(s, source);
    for (const auto& [keyword, what] : with_subschemas)
      if (const auto it = source.find(keyword); it != source.end()) add_children(s, keyword, what, *it);
  }

  void read_reference(id s, const json& reference) {
    const auto place = pointer_below(into_.subschemas_[s].pointer, "$ref");
    if (!reference.is_string()) return fault(place, "must be a string");
    const auto& text = reference.get_ref<const std::string&>();
    if (!text.starts_with('#')) return fault(place, "must stay within this schema: begin with '#'");
    if (text.size() > 1 && text[1] != '/') return fault(place, "must be '#' or a JSON pointer behind '#'");
    into_.subschemas_[s].reference = text;
    // Definitions beside it may be what others refer to.
  }

  void add_child(id s, const std::string& from_here, const std::string& pointer, const json& source) {
    const auto child = add(pointer, source);
    into_.subschemas_[s].children.emplace(from_here, child);
  }

  void add_children(id s, const std::string& keyword, kind what, const json& value) {
    const auto place = pointer_below(into_.subschemas_[s].pointer, keyword);
    const bool as_list = what == kind::list || (what == kind::schema_or_list && value.is_array());
    if (as_list) {
      if (!value.is_array() || value.empty()) return fault(place, "must be an array of one schema or more");
      for (std::size_t i = 0; i < value.size(); ++i)
        add_child(s, keyword + "/" + std::to_string(i), pointer_below(place, i), value[i]);
    } else if (what == kind::schema || what == kind::schema_or_list) {
      add_child(s, keyword, place, value);
    } else {
      if (!value.is_object()) return fault(place, "must be an object");
      for (const auto& [name, member] : value.items()) {
        const auto at = pointer_below(place, name);
        if (name.find('\0') != std::string::npos) {
          fault(place, "must not have a name with a zero byte in it");
        } else if (what == kind::dependencies && member.is_array()) {
          if (!are_distinct_texts(member)) fault(at, "must be a schema or an array of different names");
        } else {
          add_child(s, keyword + "/" + name, at, member);
        }
      }
    }
  }

  void check_keywords(id s, const json& source) {
    const auto pointer = into_.subschemas_[s].pointer;
    const auto demand = [&](const char* keyword, auto is_good, const char* sentence) {
      const auto it = source.find(keyword);
      if (it != source.end() && !is_good(*it)) fault(pointer_below(pointer, keyword), sentence);
    };
    const auto is_text = [](const json& v) { return v.is_string(); };
    const auto is_flag = [](const json& v) { return v.is_boolean(); };
    const auto is_number = [](const json& v) { return v.is_number(); };
    for (const auto* keyword : {"$id", "$comment", "title", "description", "format"})
      demand(keyword, is_text, "must be a string");
    for (const auto* keyword : {"uniqueItems", "readOnly", "writeOnly", "reloadOnChange"})
      demand(keyword, is_flag, "must be true or false");
    for (const auto* keyword : {"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"})
      demand(keyword, is_number, "must be a number");
    for (const auto* keyword : {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
      demand(keyword, is_count, "must be a whole number that is not negative");
    demand(
        "$schema", [](const json& v) { return is_known_draft(v); },
        "must be http://json-schema.org/draft-07/schema#: other drafts are not understood");
    demand(
        "multipleOf", [](const json& v) { return v.is_number() && v.get<double>() > 0; }, "must be a number above 0");
    demand(
        "type",
        [](const json& v) {
          return is_type_name(v) ||
                 (!v.empty() && are_distinct_texts(v) && std::all_of(v.begin(), v.end(), is_type_name));
        },
        "must be one of array, boolean, integer, null, number, object, string, or an array of different ones");
    demand(
        "enum", [](const json& v) { return v.is_array() && !v.empty(); }, "must be an array of one value or more");
    demand(
        "examples", [](const json& v) { return v.is_array(); }, "must be an array");
    demand("required", are_distinct_texts, "must be an array of different names");
    read_patterns(s, source);
  }

  static bool is_known_draft(const json& v) {
    if (!v.is_string()) return false;
    std::string_view text = v.get_ref<const std::string&>();
    if (text.ends_with('#')) text.remove_suffix(1);
    return text == "http://json-schema.org/draft-07/schema" || text == "https://json-schema.org/draft-07/schema";
  }

  void read_patterns(id s, const json& source) {
    const auto pointer = into_.subschemas_[s].pointer;
    const auto compile = [&](const std::string& text, const std::string& place) {
      auto pattern = text_pattern::compile(text);
      if (!pattern) fault(place, "must be a regular expression, but " + pattern.error().message());
      return pattern;
    };
    if (const auto it = source.find("pattern"); it != source.end()) {
      const auto place = pointer_below(pointer, "pattern");
      if (!it->is_string())
        fault(place, "must be a string");
      else if (auto pattern = compile(it->get_ref<const std::string&>(), place))
        into_.subschemas_[s].pattern = std::move(*pattern);
    }
    if (const auto it = source.find("patternProperties"); it != source.end() && it->is_object())
      for (const auto& [text, member] : it->items())
        if (auto pattern = compile(text, pointer_below(pointer_below(pointer, "patternProperties"), text)))
          into_.subschemas_[s].property_patterns.emplace(text, std::move(*pattern));
  }

  void find_referenced(id s) {
    const auto text = into_.subschemas_[s].reference;
    const auto place = pointer_below(into_.subschemas_[s].pointer, "$ref");
    try {
      const auto decoded = decoded_fragment(text.substr(1));
      const json::json_pointer pointer{decoded};
      if (!document_.contains(pointer)) return fault(place, "leads nowhere in this schema");
      into_.subschemas_[s].referenced = add(decoded, document_.at(pointer));
    } catch (const json::exception&) {
      fault(place, "must be '#' or a JSON pointer behind '#'");
    }
  }

  /// Pointers in fragments may have escapes of URIs.
  static std::string decoded_fragment(const std::string& text) {
    const auto digit = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    };
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
        decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
      } else {
        decoded += text[i];
      }
    }
    return decoded;
  }

  /// Lets each reference lead to what is meant in the end.
  void follow_references() {
    for (id s = 0; s < into_.subschemas_.size(); ++s) {
      auto to = s;
      for (std::size_t steps = 0; into_.subschemas_[to].referenced; ++steps) {
        if (steps > max_depth_in_place)
          return fault(pointer_below(into_.subschemas_[s].pointer, "$ref"),
                       "must lead to a schema, not in a circle or over more than " +
                           std::to_string(max_depth_in_place) + " others");
        to = *into_.subschemas_[to].referenced;
      }
      if (to != s) ends_.emplace_back(s, to);
    }
    for (const auto& [s, to] : ends_) into_.subschemas_[s].referenced = to;
  }

  void check_depths() {
    plugin_graph::edges in_place(into_.size());
    for (id s = 0; s < into_.size(); ++s)
      for (const auto& [from_here, child] : into_.subschemas_[s].children)
        if (is_in_place(from_here)) in_place[s].push_back(into_.target(child));
    const auto component = plugin_graph::components(in_place);
    for (id s = 0; s < into_.size(); ++s)
      for (const auto to : in_place[s])
        if (component[to] == component[s])
          return fault(into_.subschemas_[s].pointer, "comes back to itself without going down into the value");
    std::vector<std::size_t> depth(into_.size(), 1);
    for (const auto s : plugin_graph::dependencies_first(in_place))
      for (const auto to : in_place[s]) depth[s] = std::max(depth[s], depth[to] + 1);
    into_.depth_in_place_ = *std::max_element(depth.begin(), depth.end());
    if (into_.depth_in_place_ > max_depth_in_place)
      return fault("",
                   "has more than " + std::to_string(max_depth_in_place) + " subschemas for one value, one in another");
    check_nesting();
  }

  /// A way through the schema goes through the subtree of each reference's target once at most.
  void check_nesting() {
    std::vector<std::size_t> height(into_.size(), 1);
    std::set<id> targets{root};
    // Children come behind their parents, but for those that somebody referred to before.
    for (auto s = into_.size(); s-- > 0;)
      for (const auto& [from_here, child] : into_.subschemas_[s].children) {
        if (child > s)
          height[s] = std::max(height[s], height[child] + 1);
        else
          targets.insert(child);
      }
    for (const auto& [s, to] : ends_) targets.insert(to);
    std::size_t longest = 0;
    for (const auto to : targets) longest += height[to];
    if (longest > max_depth)
      fault("", "has more than " + std::to_string(max_depth) +
                    " subschemas within each other, counting those of its references");
  }

  config_schema& into_;
  const json& document_;
  std::unordered_map<std::string, id> by_pointer_;
  std::vector<std::pair<id, id>> ends_;
};

config_schema::config_schema(const json& schema) {
  reader{*this, schema}.read();
}

std::optional<config_schema::id> config_schema::child(id s, std::string_view keyword) const {
  const auto& children = subschemas_[s].children;
  const auto it = children.find(keyword);
  if (it == children.end()) return std::nullopt;
  return target(it->second);
}

std::optional<config_schema::id> config_schema::child(id s, std::string_view keyword, std::string_view name) const {
  return child(s, std::string{keyword} + "/" + std::string{name});
}

std::vector<config_schema::id> config_schema::children(id s, std::string_view keyword) const {
  std::vector<id> found;
  while (const auto next = child(s, keyword, std::to_string(found.size()))) found.push_back(*next);
  return found;
}

const json* config_schema::keyword(id s, std::string_view name) const {
  const auto& source = *subschemas_[s].source;
  if (!source.is_object() || subschemas_[s].referenced) return nullptr;
  const auto it = source.find(name);
  return it == source.end() ? nullptr : &*it;
}

}  // namespace streamspace
