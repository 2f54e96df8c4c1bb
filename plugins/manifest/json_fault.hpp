#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// What is wrong with a JSON document, and where.
struct json_fault {
  std::string pointer;   ///< RFC 6901; "" is the whole document.
  std::string sentence;  ///< Reads on from the pointer: "must be a string". Quotes no value of the document.

  friend bool operator==(const json_fault&, const json_fault&) = default;
};

/// A pointer with one more step.
std::string pointer_below(std::string_view pointer, std::string_view member);
std::string pointer_below(std::string_view pointer, std::size_t item);

/// "/name: must be a string; /tags/1: ...", for one message about all of them; the first ones where there are many.
std::string to_string(const std::vector<json_fault>& faults);

/// How much JSON is taken. Checked without recursion, before anything else looks at the document.
struct json_limits {
  std::size_t depth;   ///< Arrays and objects within each other.
  std::size_t values;  ///< Values altogether.
  std::size_t bytes;   ///< Of all strings and names together.
};

/// Why a document is beyond the limits ("has more than 10000 values"); "" when it is within them.
std::string why_too_large(const json& document, const json_limits& limits);

}  // namespace streamspace
