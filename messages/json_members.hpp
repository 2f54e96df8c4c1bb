#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/json.hpp>
#include <streamspace/messages/time.hpp>

/// Reading and writing the members of a JSON object with errors that name the member.
namespace streamspace::json_members {

inline void demand_object(const json& in, std::string_view what) {
  if (!in.is_object()) throw error{ec::invalid_argument, std::string{what} + " must be a JSON object"};
}

[[noreturn]] inline void wrong_kind(std::string_view name, std::string_view wanted) {
  throw error{ec::invalid_argument,
              "member '" + std::string{name} + "' must be " + std::string{wanted},
              {{"member", std::string{name}}}};
}

inline void convert(const json& in, std::string_view name, std::string& out) {
  if (!in.is_string()) wrong_kind(name, "a string");
  out = in.get_ref<const std::string&>();
}
inline void convert(const json& in, std::string_view name, bool& out) {
  if (!in.is_boolean()) wrong_kind(name, "a boolean");
  out = in.get<bool>();
}
inline void convert(const json& in, std::string_view name, int& out) {
  if (!in.is_number_integer()) wrong_kind(name, "an integer");
  const auto wide = in.is_number_unsigned()
                        ? static_cast<long long>(std::min<unsigned long long>(in.get<unsigned long long>(), 1ULL << 62))
                        : in.get<long long>();
  if (!std::in_range<int>(wide)) wrong_kind(name, "an integer of 32 bits");
  out = static_cast<int>(wide);
}
inline void convert(const json& in, std::string_view, json& out) {
  out = in;
}
inline void convert(const json& in, std::string_view name, timestamp& out) {
  const auto read = in.is_string() ? parse_rfc3339(in.get_ref<const std::string&>()) : std::nullopt;
  if (!read) wrong_kind(name, "an RFC 3339 date and time");
  out = *read;
}
inline void convert(const json& in, std::string_view name, std::vector<std::string>& out) {
  if (!in.is_array()) wrong_kind(name, "an array of strings");
  out.clear();
  for (const auto& item : in) {
    if (!item.is_string()) wrong_kind(name, "an array of strings");
    out.push_back(item.get_ref<const std::string&>());
  }
}
template <class T>
void convert(const json& in, std::string_view name, std::optional<T>& out) {
  convert(in, name, out.emplace());
}

/// Reads a member if it is there and not null.
template <class T>
void read(const json& in, const char* name, T& out) {
  const auto it = in.find(name);
  if (it != in.end() && !it->is_null()) convert(*it, name, out);
}

[[noreturn]] inline void out_of_range(std::string_view name, const std::string& range) {
  throw error{
      ec::invalid_argument, "member '" + std::string{name} + "' must be " + range, {{"member", std::string{name}}}};
}

/// Reads a number if it is there and not null.
template <class Number>
void read_number(const json& in, const char* name, std::int64_t least, std::int64_t most, Number& out) {
  const auto it = in.find(name);
  if (it == in.end() || it->is_null()) return;
  constexpr bool whole = std::numeric_limits<Number>::is_integer;
  const auto value = (whole ? it->is_number_integer() : it->is_number()) ? it->get<double>() : NAN;
  if (!(value >= static_cast<double>(least) && value <= static_cast<double>(most)))
    out_of_range(
        name, (whole ? "an integer from " : "a number from ") + std::to_string(least) + " to " + std::to_string(most));
  out = static_cast<Number>(value);
}

/// The same in the unit of the duration.
template <class Duration>
void read_duration(const json& in, const char* name, Duration least, Duration most, Duration& out) {
  auto count = static_cast<std::int64_t>(out.count());
  read_number(in, name, static_cast<std::int64_t>(least.count()), static_cast<std::int64_t>(most.count()), count);
  out = Duration{count};
}

/// Reads one of some names if it is there and not null; its place among them.
template <class Enum>
void read_name(const json& in, const char* name, std::span<const std::string_view> names, Enum& out) {
  const auto it = in.find(name);
  if (it == in.end() || it->is_null()) return;
  const auto* const text = it->get_ptr<const std::string*>();
  const auto known = text ? std::find(names.begin(), names.end(), *text) : names.end();
  if (known == names.end()) {
    std::string all;
    for (const auto each : names) all += (all.empty() ? "'" : ", '") + std::string{each} + "'";
    wrong_kind(name, "one of " + all);
  }
  out = static_cast<Enum>(known - names.begin());
}

/// Reads a member that must be there.
template <class T>
void require(const json& in, const char* name, T& out) {
  const auto it = in.find(name);
  if (it == in.end() || it->is_null())
    throw error{ec::invalid_argument, "member '" + std::string{name} + "' is missing", {{"member", name}}};
  convert(*it, name, out);
}

/// Writes an optional member, leaving it out when there is nothing.
template <class T>
void write(json& out, const char* name, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_same_v<T, timestamp>)
    out[name] = to_rfc3339(*value);
  else
    out[name] = *value;
}

}  // namespace streamspace::json_members
