#include <algorithm>
#include <charconv>
#include <set>

#include <streamspace/plugins/builtin/shared/query_parameters.hpp>

namespace streamspace::builtin {

namespace {

constexpr std::size_t max_text = 200;

std::string joined(std::initializer_list<std::string_view> words) {
  std::string list;
  for (const auto word : words) list += (list.empty() ? "" : ", ") + std::string{word};
  return list;
}

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw error{ec::invalid_argument, "the query parameter '" + std::string{name.substr(0, 80)} + "' " + why};
}

}  // namespace

query_parameters::query_parameters(const request& rq, std::initializer_list<std::string_view> known) : request_{rq} {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : rq.queries) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse(name, "is not known here; there are " + joined(known));
    if (!seen.insert(name).second) refuse(name, "is given twice");
    if (value.empty()) refuse(name, "is empty; leave it out or give it a value");
  }
}

std::optional<std::string> query_parameters::text(std::string_view name) const {
  auto value = request_.query(name);
  if (!value) return std::nullopt;
  if (value->size() > max_text) refuse(name, "is longer than 200 bytes");
  if (std::any_of(value->begin(), value->end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }))
    refuse(name, "has control characters");
  return value;
}

std::optional<std::string> query_parameters::one_of(std::string_view name,
                                                    std::initializer_list<std::string_view> choices) const {
  auto value = text(name);
  if (value && std::find(choices.begin(), choices.end(), *value) == choices.end())
    refuse(name, "is '" + *value + "'; it may be " + joined(choices));
  return value;
}

std::optional<timestamp> query_parameters::instant(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto read = parse_rfc3339(*value);
  if (!read)
    refuse(name,
           "is '" + *value +
               "', which is no RFC 3339 date and time like 2026-03-29T01:00:00Z (write the '+' of an offset as %2B)");
  return read;
}

std::optional<long long> query_parameters::integer(std::string_view name, long long least, long long most) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  long long number = 0;
  const auto [end, fault] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (fault != std::errc{} || end != value->data() + value->size() || number < least || number > most)
    refuse(name,
           "is '" + *value + "'; it must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
  return number;
}

}  // namespace streamspace::builtin
