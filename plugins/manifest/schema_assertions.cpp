#include <algorithm>
#include <cmath>

#include <streamspace/plugins/manifest/schema_assertions.hpp>
#include <streamspace/plugins/manifest/text_format.hpp>

namespace streamspace {

namespace {

constexpr std::size_t budget = 200'000;
constexpr std::size_t price_of_a_search = 100;

std::string with_article(std::string_view type) {
  if (type == "null") return "null";
  return (type == "array" || type == "integer" || type == "object" ? "an " : "a ") + std::string{type};
}

/// An integer is a number without a fraction, however it is written.
bool is_whole(const json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
}

std::string_view type_of(const json& value) {
  switch (value.type()) {
    case json::value_t::object:
      return "object";
    case json::value_t::array:
      return "array";
    case json::value_t::string:
      return "string";
    case json::value_t::boolean:
      return "boolean";
    case json::value_t::null:
      return "null";
    default:
      return "number";
  }
}

bool has_type(const json& value, std::string_view type) {
  return type == "integer" ? is_whole(value) : type == type_of(value);
}

std::string joined(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? std::string{last} : ", ") + words[i];
  return text;
}

std::string wrong_type(const json& wanted, const json& value) {
  std::vector<std::string> names;
  if (wanted.is_string()) names.push_back(with_article(wanted.get<std::string>()));
  if (wanted.is_array())
    for (const auto& each : wanted) names.push_back(with_article(each.get<std::string>()));
  return "must be " + joined(names, " or ") + ", not " + with_article(type_of(value));
}

/// A value of the schema, as it may stand in a sentence.
std::string shown(const json& value) {
  constexpr std::size_t longest = 60;
  auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::string not_allowed(const json& allowed) {
  constexpr std::size_t most = 10;
  if (allowed.size() == 1) return "must be " + shown(allowed[0]);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(allowed.size(), most); ++i) texts.push_back(shown(allowed[i]));
  if (allowed.size() > most) texts.push_back(std::to_string(allowed.size() - most) + " others");
  return "must be one of " + joined(texts, " and ");
}

std::size_t count_of_values(const json& value) {
  std::size_t count = 0;
  std::vector<const json*> open{&value};
  while (!open.empty()) {
    const auto* at = open.back();
    open.pop_back();
    ++count;
    if (at->is_structured())
      for (const auto& each : *at) open.push_back(&each);
  }
  return count;
}

bool is_multiple(double value, double of) {
  const auto quotient = value / of;
  return std::isfinite(quotient) &&
         std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient));
}

}  // namespace

void schema_assertions::spend(std::size_t steps) {
  spent_ += steps;
  if (spent_ > budget) throw too_costly{};
}

bool schema_assertions::looks_deep(config_schema::id s) const {
  return schema_.keyword(s, "enum") || schema_.keyword(s, "const") || schema_.keyword(s, "uniqueItems");
}

bool schema_assertions::is_found(const text_pattern& pattern, std::string_view text) {
  spend(price_of_a_search);
  const auto outcome = pattern.search(text);
  if (outcome == text_pattern::outcome::too_costly) throw too_costly{};
  return outcome == text_pattern::outcome::found;
}

std::vector<schema_assertions::finding> schema_assertions::failing(config_schema::id s, const json& value) {
  std::vector<finding> found;
  if (value.is_structured() && looks_deep(s)) spend(count_of_values(value));
  if (const auto* type = schema_.keyword(s, "type")) {
    const bool fits = type->is_string() ? has_type(value, type->get_ref<const std::string&>())
                                        : std::any_of(type->begin(), type->end(), [&](const json& each) {
                                            return has_type(value, each.get_ref<const std::string&>());
                                          });
    // The rest would only say it again.
    if (!fits) return {{wrong_type(*type, value), {}}};
  }
  if (const auto* allowed = schema_.keyword(s, "enum")) {
    spend(allowed->size());
    if (std::find(allowed->begin(), allowed->end(), value) == allowed->end())
      found.push_back({not_allowed(*allowed), {}});
  }
  if (const auto* wanted = schema_.keyword(s, "const"); wanted && *wanted != value)
    found.push_back({"must be " + shown(*wanted), {}});
  if (value.is_number()) check_number(s, value.get<double>(), found);
  if (value.is_string()) check_text(s, value.get_ref<const std::string&>(), found);
  if (const auto* unique = schema_.keyword(s, "uniqueItems"); value.is_array() && unique && unique->get<bool>()) {
    std::vector<const json*> items;
    for (const auto& item : value) items.push_back(&item);
    std::sort(items.begin(), items.end(), [](const json* a, const json* b) { return *a < *b; });
    if (std::adjacent_find(items.begin(), items.end(), [](const json* a, const json* b) { return *a == *b; }) !=
        items.end())
      found.push_back({"must not have the same item twice", {}});
  }
  if (const auto names = schema_.child(s, "propertyNames"); names && value.is_object())
    for (const auto& [name, member] : value.items())
      if (!name_fits(*names, name)) found.push_back({"has a name that is not allowed here", name});
  return found;
}

void schema_assertions::check_number(config_schema::id s, double value, std::vector<finding>& into) const {
  const auto bound = [&](const char* keyword, auto holds, const char* before, const char* after) {
    if (const auto* b = schema_.keyword(s, keyword); b && !holds(b->get<double>()))
      into.push_back({"must be " + std::string{before} + b->dump() + after, {}});
  };
  bound(
      "minimum", [&](double b) { return value >= b; }, "", " or more");
  bound(
      "maximum", [&](double b) { return value <= b; }, "", " or less");
  bound(
      "exclusiveMinimum", [&](double b) { return value > b; }, "more than ", "");
  bound(
      "exclusiveMaximum", [&](double b) { return value < b; }, "less than ", "");
  bound(
      "multipleOf", [&](double b) { return is_multiple(value, b); }, "a multiple of ", "");
}

void schema_assertions::check_text(config_schema::id s, const std::string& value, std::vector<finding>& into) {
  if (const auto& pattern = schema_.at(s).pattern; pattern && !is_found(*pattern, value))
    into.push_back({"must fit the pattern " + shown(*schema_.keyword(s, "pattern")), {}});
  const auto* format = schema_.keyword(s, "format");
  if (!format) return;
  if (*format == "email" && !is_email(value)) into.push_back({"must be an e-mail address", {}});
  if (*format == "uri" && !is_uri(value)) into.push_back({"must be a URI, with its scheme (https://...)", {}});
}

bool schema_assertions::name_fits(config_schema::id s, const std::string& name) {
  spend(1);
  const auto& source = *schema_.at(s).source;
  if (source.is_boolean()) return source.get<bool>();
  if (!failing(s, json(name)).empty()) return false;
  const auto length =
      std::count_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  const auto* least = schema_.keyword(s, "minLength");
  const auto* most = schema_.keyword(s, "maxLength");
  if ((least && static_cast<double>(length) < least->get<double>()) ||
      (most && static_cast<double>(length) > most->get<double>()))
    return false;
  const auto fits = [&](config_schema::id each) { return name_fits(each, name); };
  const auto all = schema_.children(s, "allOf");
  const auto any = schema_.children(s, "anyOf");
  const auto one = schema_.children(s, "oneOf");
  const auto ruled_out = schema_.child(s, "not");
  if (!std::all_of(all.begin(), all.end(), fits) || (!any.empty() && std::none_of(any.begin(), any.end(), fits)) ||
      (!one.empty() && std::count_if(one.begin(), one.end(), fits) != 1) || (ruled_out && fits(*ruled_out)))
    return false;
  const auto condition = schema_.child(s, "if");
  if (!condition) return true;
  const auto consequence = schema_.child(s, fits(*condition) ? "then" : "else");
  return !consequence || fits(*consequence);
}

}  // namespace streamspace
